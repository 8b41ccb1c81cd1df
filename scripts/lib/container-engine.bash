# A container engine for scripts/test-compose on a bare Debian machine: installed from Debian's packages and started by hand,
# because neither an init system nor a registry can be counted on there. Sourced; needs say() and an empty $engine_pid.

engine_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# Says on standard error why there is none, and fails.
start_engine() {
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    say 'no container engine answers, and starting one needs root and apt-get'
    return 1
  fi
  install_engine || { say 'no container engine answers, and its packages could not be installed'; return 1; }
  run_engine && return 0
  say 'no container engine answers, and dockerd ended with:'
  tail -5 "$engine_log" >&2
  return 1
}

install_engine() {
  local packages=()
  command -v dockerd >/dev/null || packages+=(docker.io containerd runc)
  command -v iptables >/dev/null || packages+=(iptables)
  [ ${#packages[@]} -gt 0 ] || return 0
  say "Installing ${packages[*]} …"
  quiet_apt update && quiet_apt install --yes --no-install-recommends "${packages[@]}"
}

run_engine() {
  # dockerd forwards between all networks, and filters what is forwarded.
  forwarding_before=$(cat /proc/sys/net/ipv4/ip_forward)
  rules_before=$(iptables-save 2>/dev/null || true)
  remove_dead_pid_files
  setsid dockerd --log-level=warn >"$engine_log" 2>&1 </dev/null &
  engine_pid=$!
  for _ in {1..150}; do
    if engine_answers; then return 0; fi
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.2
  done
  stop_engine
  return 1
}

# One that was killed leaves them, and dockerd does not start while the number in one is in use, by whomever.
remove_dead_pid_files() {
  local file
  for file in /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
    case $(cat "/proc/$(cat "$file" 2>/dev/null || echo none)/comm" 2>/dev/null || true) in
      dockerd | containerd) ;;
      *) rm -f "$file" ;;
    esac
  done
}

stop_engine() {
  [ -n "$engine_pid" ] || return 0
  kill -TERM "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
  engine_pid=''
  echo "$forwarding_before" >/proc/sys/net/ipv4/ip_forward || true
  iptables-restore <<<"$rules_before" 2>/dev/null || true
  ip link del docker0 2>/dev/null || true
}

# Debian 12 has the engine, but not these; the next release has both, and they need only its C library. They are taken from the
# machine's own mirror into folders of their own, so that neither its package lists nor its packages change.
install_compose() {
  local mirror work plugin options
  command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 1
  mirror=$(apt-get indextargets --format '$(REPO_URI)|$(ORIGIN)|$(LABEL)' 'Created-By: Packages' | awk -F'|' '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
  [ -n "$mirror" ] || return 1
  say 'Fetching the compose and buildx plugins from Debian trixie …'
  work=$(mktemp -d)
  chmod 755 "$work"
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/files" "$plugins"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/sources.list"
  options=(-o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$work/lists"
    -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
  quiet_apt "${options[@]}" update && (cd "$work" && quiet_apt "${options[@]}" download docker-compose/trixie docker-buildx/trixie) || { rm -rf "$work"; return 1; }
  for plugin in "$work"/*.deb; do dpkg-deb -x "$plugin" "$work/files"; done
  install -m 755 "$work"/files/usr/libexec/docker/cli-plugins/docker-{compose,buildx} "$plugins/"
  rm -rf "$work"
}

quiet_apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >/dev/null; }

plugins=/usr/local/lib/docker/cli-plugins
engine_log=$(mktemp)
forwarding_before=1 rules_before=''
