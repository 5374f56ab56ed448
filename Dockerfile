# One image for every process; the command says which. docs/containers.md has the rest.
# Nothing here needs BuildKit.

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# What only compilers and debuggers read is two fifths of it.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-update-notifier --cache /tmp/npm \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' \) -delete \
 && rm -rf /tmp/npm
# What npm has installed. With `--omit=dev` npm 11 leaves out each package that a development dependency needs too, so that these are
# taken out of package.json here. `docker build --target sbom --output DIRECTORY .` writes the file beside an image.
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

# Files are root's and the process is not: with a read-only root file system or without, it can change none of them.
USER node
ENV PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["node", "lib/http/health-check.ts"]
# Others: services/ingestion-api/main.ts, services/ingestion-worker/main.ts, services/migrate/main.ts, services/ops/main.ts …
CMD ["node", "services/rates-api/main.ts"]

# Last, since they differ from build to build.
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="freight-rates" \
      org.opencontainers.image.description="Rates API, ingestion API, ingestion worker, migrator and operators' commands; the command says which" \
      org.opencontainers.image.licenses="UNLICENSED" \
      org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
