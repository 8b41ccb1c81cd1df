#!/bin/bash
# systemctl where systemd is not the first process: does what the recipes ask of it with the installed unit files, so far as
# those can be carried out without: `postfix start`, and postigo.service and .socket by unit-stand-in.py.
set -eu
units=/lib/systemd/system

# The sockets that the command names, or that the service wants.
start() {
  local sockets=()
  if [[ " $* $(sed -n 's/^Wants=//p' "$units/postigo.service") " == *' postigo.socket '* ]]; then sockets=("$units/postigo.socket"); fi
  rm -f /run/postigo.notify
  /usr/local/bin/unit-stand-in "${sockets[@]}" >>/run/postigo.journal 2>&1 &
  echo $! >/run/postigo.manager-pid
  until_active
}

until_active() {
  for _ in $(seq 300); do [ -e /run/postigo.active ] && return; sleep 0.1; done
  echo 'systemctl-stand-in: the main process has not said READY=1; what came, and the journal:' >&2
  cat /run/postigo.news /run/postigo.journal >&2 || true
  exit 1
}

main_pid() { cat /run/postigo.main-pid; }

words="$*"
case $words in
  'daemon-reload') ;;
  'reload-or-restart postfix') postfix status 2>/dev/null && postfix reload || postfix start ;;
  'enable --now postigo.'*) start "$@" ;;
  *'kill --kill-who=main --signal=SIGHUP postigo.service' | 'reload postigo') kill -HUP "$(main_pid)" ;;
  'restart postigo') touch /run/postigo.again; rm /run/postigo.active; kill -TERM "$(main_pid)"; until_active ;;
  'stop postigo.service')
    kill -TERM "$(main_pid)"
    while [ -e "/proc/$(cat /run/postigo.manager-pid)" ]; do sleep 0.1; done ;;
  *) echo "systemctl-stand-in: $words?" >&2; exit 64 ;;
esac
