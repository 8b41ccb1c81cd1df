# The gateway as an image: it runs as the user node (1000), needs no writable file system but the spool, and ends cleanly on SIGTERM.
#
#   docker build -t postigo .
#   docker run --read-only -v /etc/postigo:/etc/postigo:ro -v /var/mail/vhosts:/var/mail/vhosts -p 110:1110 -p 995:1995 postigo
#
# Health is asked of the metrics listener, which the image opens on the container's loopback.

FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json tsconfig.base.json ./
COPY packages/protocol/package.json packages/protocol/
COPY packages/storage/package.json packages/storage/
COPY packages/server/package.json packages/server/
RUN npm ci --no-audit --no-fund
COPY scripts scripts
COPY packages packages
RUN node scripts/build-wasm.mjs && npx --no-install tsc -b packages/server

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/postigo
COPY package.json package-lock.json LICENSE ./
COPY packages/protocol/package.json packages/protocol/
COPY packages/storage/package.json packages/storage/
COPY packages/server/package.json packages/server/
RUN npm ci --omit=dev --no-audit --no-fund \
 && rm -rf /root/.npm \
 && ln -s /opt/postigo/packages/server/bin/postigo.js /usr/local/bin/postigo
COPY packages/server/bin packages/server/bin
COPY --from=build /src/packages/protocol/dist packages/protocol/dist
COPY --from=build /src/packages/storage/dist packages/storage/dist
COPY --from=build /src/packages/server/dist packages/server/dist

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Postigo" \
      org.opencontainers.image.description="A POP3 server for the Maildir spools you already have" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

USER node
ENV POSTIGO_METRICS_PORT=9110
EXPOSE 1110 1995
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.POSTIGO_METRICS_PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["postigo"]
CMD ["serve"]
