# One image for every process; the command selects the process: docs/containers.md.
# This file does not need BuildKit.

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Files that only compilers and debuggers read are two fifths of the dependencies.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-update-notifier --cache /tmp/npm \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' \) -delete \
 && rm -rf /tmp/npm
# The bill of materials lists the installed packages. With `--omit=dev` npm 11 omits each package that a development dependency needs too.
# Development dependencies are therefore removed from package.json. `docker build --target sbom --output DIRECTORY .` exports the file.
RUN npm pkg delete devDependencies optionalDependencies \
 && npm sbom --sbom-format=cyclonedx --sbom-type=application > sbom.cdx.json

FROM scratch AS sbom
COPY --from=dependencies /app/sbom.cdx.json /

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=dependencies /app/sbom.cdx.json ./
COPY package.json ./
COPY sql sql
COPY lib lib
COPY services services

# The files belong to root, and the process runs as node. It can change no file, with or without a read-only root file system.
USER node
ENV PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["node", "lib/http/health-check.ts"]
# Others: services/ingestion-api/main.ts, services/ingestion-worker/main.ts, services/migrate/main.ts, services/ops/main.ts …
CMD ["node", "services/rates-api/main.ts"]

# These are last, since they differ for each build.
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="freight-rates" \
      org.opencontainers.image.description="Rates API, ingestion API, ingestion worker, migrator and operators' commands; the command selects the process" \
      org.opencontainers.image.licenses="UNLICENSED" \
      org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
