# What scripts/start and scripts/test share: a Node that is new enough, the packages of package-lock.json, the build.
# Sourced, with $root set to the top of the repository.
: "${root:?}"

die() {
  printf '%s: %s\n' "$(basename "$0")" "$2" >&2
  exit "$1"
}

say() { printf '%s\n' "$*" >&2; }

require_node() {
  command -v node >/dev/null || die 69 'Node.js 20.19 or later is needed and no node was found: https://nodejs.org/'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    die 69 "Node.js 20.19 or later is needed; this is $(node --version) ($(command -v node))"
  command -v npm >/dev/null || die 69 'npm is needed to install the packages and was not found; it comes with https://nodejs.org/, or as the package npm'
}

# Installs only when package-lock.json is not the one that node_modules was made from.
install_packages() {
  local made_from=$root/node_modules/.made-from-package-lock.json
  if cmp -s "$root/package-lock.json" "$made_from"; then return; fi
  say 'Installing packages (once, some seconds to a minute) …'
  (cd -- "$root" && npm ci --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null) || die 69 'npm ci failed; its reason stands above'
  cp -- "$root/package-lock.json" "$made_from"
}

build() {
  say 'Building …'
  (cd -- "$root" && npm run --silent build >&2) || die 70 'the build failed; its reason stands above'
}
