#!/bin/bash
# systemctl where systemd is not the first process: does what the recipes ask of it with the installed unit files, so far as
# those can be carried out without: user, ambient capability and command of postigo.service, `postfix start`.
set -eu
unit=/lib/systemd/system/postigo.service
value() { sed -n "s/^$1=//p" "$unit" /etc/systemd/system/postigo.service.d/*.conf 2>/dev/null | tail -n 1; }
words="$*"
case $words in
  'daemon-reload') ;;
  'reload-or-restart postfix') postfix status 2>/dev/null && postfix reload || postfix start ;;
  'enable --now postigo.service')
    capabilities=$(value AmbientCapabilities | tr '[:upper:]' '[:lower:]' | sed 's/cap_/+/g; s/ /,/g')
    setpriv --reuid="$(value User)" --regid="$(value Group)" --init-groups --inh-caps="$capabilities" \
      --ambient-caps="$capabilities" --bounding-set="-all,$capabilities" --no-new-privs \
      $(value ExecStart) >>/run/postigo.journal 2>&1 &
    echo $! >/run/postigo.main-pid
    for _ in $(seq 200); do grep -q gateway-started /run/postigo.journal && exit 0; sleep 0.1; done
    cat /run/postigo.journal; exit 1 ;;
  *'kill --kill-who=main --signal=SIGHUP postigo.service' | 'reload postigo') kill -HUP "$(cat /run/postigo.main-pid)" ;;
  'stop postigo.service') kill -TERM "$(cat /run/postigo.main-pid)" ;;
  *) echo "systemctl-stand-in: $words?" >&2; exit 64 ;;
esac
