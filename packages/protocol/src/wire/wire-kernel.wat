;; The two loops of wire-kernel.ts over blocks of sixteen octets. scripts/build-wasm.mjs compiles and embeds this text.
;;
;; A comparison of each octet with its predecessor says where an octet must be put in (RFC 1939 §3):
;;
;;   a CR  before an LF whose predecessor is not CR       lines end in CRLF
;;   a dot before a dot whose predecessor is LF           byte-stuffing
;;
;; Nowhere, in most blocks: those are copied. Otherwise each half of the block is spread over sixteen octets by one shuffle, which
;; is looked up by the half's mask of places. No branch depends on a single octet, so that a message of nothing but
;; line ends costs little more than any other.
;;
;; Memory: octets 0–4095 hold a shuffle for each of the 256 masks; then comes the window, in which addresses count from 0 (hence
;; offset=4096); then a block of slack, because the last block of a chunk is loaded whole. Nothing here grows it.
;;
;; V8 does not inline calls between functions of one module: each loop is one function for that reason.

(module
  (import "kernel" "memory" (memory 1 65536))
  (start $fill_shuffles)
  (global $stuffed (mut i32) (i32.const 0)) ;; dots that the last $encode put in

  (func (export "stuffed") (result i32) (global.get $stuffed))

  (func (export "encode") (param $from i32) (param $length i32) (param $to i32) (param $previous i32) (result i32)
    (local $start i32)
    (local $wanted i32)        ;; octets of the block that belong to the chunk
    (local $places i32)        ;; bit i: an octet must be put in before octet i
    (local $before v128)       ;; the block before
    (local $block v128)
    (local $predecessors v128) ;; of each octet of the block, the octet before it
    (local $is_lf v128)
    (local $put_in v128)       ;; of each octet of the block, what is put in before it if anything is
    (local $lf v128) (local $cr v128) (local $dot v128)
    (local $dots i32)          ;; that were put in
    (local $after_lf i32)      ;; the octet before the block is an LF
    (local.set $lf (i8x16.splat (i32.const 0x0a)))
    (local.set $cr (i8x16.splat (i32.const 0x0d)))
    (local.set $dot (i8x16.splat (i32.const 0x2e)))
    (local.set $start (local.get $to))
    ;; A message begins as if after an LF.
    (local.set $before
      (i8x16.splat (select (i32.const 0x0a) (local.get $previous) (i32.lt_s (local.get $previous) (i32.const 0)))))
    (local.set $after_lf (i8x16.extract_lane_u 15 (i8x16.eq (local.get $before) (local.get $lf))))
    (block $done
      (loop $blocks
        (br_if $done (i32.le_s (local.get $length) (i32.const 0)))
        (local.set $block (v128.load offset=4096 (local.get $from)))
        (local.set $is_lf (i8x16.eq (local.get $block) (local.get $lf)))

        ;; No LF in or right before the block, as in most: nothing can have to be put in. Told with the fewest instructions.
        (if (i32.eqz (i32.or (local.get $after_lf) (v128.any_true (local.get $is_lf))))
          (then
            (v128.store offset=4096 (local.get $to) (local.get $block))
            (local.set $before (local.get $block))
            (local.set $from (i32.add (local.get $from) (i32.const 16)))
            (local.set $to (i32.add (local.get $to) (i32.const 16)))
            (local.set $length (i32.sub (local.get $length) (i32.const 16)))
            (br $blocks)))

        (local.set $after_lf (i8x16.extract_lane_u 15 (local.get $is_lf)))
        (local.set $predecessors
          (i8x16.shuffle 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 (local.get $before) (local.get $block)))
        (local.set $places
          (i8x16.bitmask
            (v128.or
              (v128.andnot (local.get $is_lf) (i8x16.eq (local.get $predecessors) (local.get $cr)))
              (v128.and
                (i8x16.eq (local.get $block) (local.get $dot))
                (i8x16.eq (local.get $predecessors) (local.get $lf))))))
        (local.set $before (local.get $block))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))

        ;; Nothing to put in: copy. Of the last block, what lies past the chunk goes along; $length then ends below 0.
        (if (i32.eqz (local.get $places))
          (then
            (v128.store offset=4096 (local.get $to) (local.get $block))
            (local.set $to (i32.add (local.get $to) (i32.const 16)))
            (local.set $length (i32.sub (local.get $length) (i32.const 16)))
            (br $blocks)))

        (local.set $wanted (i32.const 16))
        (if (i32.lt_s (local.get $length) (i32.const 16))
          (then
            (local.set $wanted (local.get $length))
            (local.set $places
              (i32.and (local.get $places) (i32.sub (i32.shl (i32.const 1) (local.get $length)) (i32.const 1))))))
        (local.set $length (i32.sub (local.get $length) (local.get $wanted)))
        ;; Where an octet is put in before one that is no LF, it is a dot.
        (local.set $dots
          (i32.add
            (local.get $dots)
            (i32.popcnt
              (i32.and (local.get $places) (i32.xor (i8x16.bitmask (local.get $is_lf)) (i32.const 0xffff))))))
        ;; LF xor 7 is CR; a dot stays a dot.
        (local.set $put_in (v128.xor (local.get $block) (v128.and (local.get $is_lf) (i8x16.splat (i32.const 7)))))
        ;; Octets 0–7, each beside what may precede it.
        (v128.store offset=4096
          (local.get $to)
          (i8x16.swizzle
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $block) (local.get $put_in))
            (v128.load (i32.shl (i32.and (local.get $places) (i32.const 0xff)) (i32.const 4)))))
        ;; Octets 8–15. A shorter last block must not store further than the slack.
        (if (i32.gt_s (local.get $wanted) (i32.const 8))
          (then
            (v128.store offset=4096
              (i32.add
                (local.get $to)
                (i32.add (i32.const 8) (i32.popcnt (i32.and (local.get $places) (i32.const 0xff)))))
              (i8x16.swizzle
                (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $block) (local.get $put_in))
                (v128.load (i32.shl (i32.shr_u (local.get $places) (i32.const 8)) (i32.const 4)))))))
        (local.set $to (i32.add (local.get $to) (i32.add (local.get $wanted) (i32.popcnt (local.get $places)))))
        (br $blocks)))
    (global.set $stuffed (local.get $dots))
    (i32.sub (i32.add (local.get $to) (local.get $length)) (local.get $start)))

  (func (export "countAdded") (param $from i32) (param $length i32) (param $previous i32) (result i32)
    (local $added i32)
    (local $places i32)  ;; bit i: a CR must be put in before octet i
    (local $before v128) ;; the block before
    (local $block v128)
    (local.set $before (i8x16.splat (local.get $previous)))
    (block $done
      (loop $blocks
        (br_if $done (i32.le_s (local.get $length) (i32.const 0)))
        (local.set $block (v128.load offset=4096 (local.get $from)))
        (local.set $places
          (i8x16.bitmask
            (v128.andnot
              (i8x16.eq (local.get $block) (i8x16.splat (i32.const 0x0a)))
              (i8x16.eq
                (i8x16.shuffle 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 (local.get $before) (local.get $block))
                (i8x16.splat (i32.const 0x0d))))))
        (if (i32.lt_s (local.get $length) (i32.const 16))
          (then
            (local.set $places
              (i32.and (local.get $places) (i32.sub (i32.shl (i32.const 1) (local.get $length)) (i32.const 1))))))
        (local.set $added (i32.add (local.get $added) (i32.popcnt (local.get $places))))
        (local.set $before (local.get $block))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $length (i32.sub (local.get $length) (i32.const 16)))
        (br $blocks)))
    (local.get $added))

  ;; The shuffle of mask m takes octets 0–7 in order, and before octet i, where bit i of m is set, octet i + 8: what is put in.
  (func $fill_shuffles
    (local $mask i32) (local $octet i32) (local $to i32)
    (loop $masks
      (local.set $to (i32.shl (local.get $mask) (i32.const 4)))
      (local.set $octet (i32.const 0))
      (loop $octets
        (if (i32.and (i32.shr_u (local.get $mask) (local.get $octet)) (i32.const 1))
          (then
            (i32.store8 (local.get $to) (i32.add (local.get $octet) (i32.const 8)))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))))
        (i32.store8 (local.get $to) (local.get $octet))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $octet (i32.add (local.get $octet) (i32.const 1)))
        (br_if $octets (i32.lt_u (local.get $octet) (i32.const 8))))
      (local.set $mask (i32.add (local.get $mask) (i32.const 1)))
      (br_if $masks (i32.lt_u (local.get $mask) (i32.const 256))))))
