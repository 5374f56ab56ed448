# SQS and S3 for docker-compose: the emulator of `npm start` with its fixes, in the version of package-lock.json.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc docker/only.mjs ./
RUN node only.mjs fauxqs && npm install --omit=dev --omit=optional --ignore-scripts --no-update-notifier --cache /tmp/npm && rm -rf /tmp/npm

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=dependencies /app/package.json ./
COPY dev/emulator dev/emulator
# A volume that is mounted at this folder gets its owner.
RUN mkdir /data && chown node:node /data
USER node
ENV PORT=4566 HOST=0.0.0.0 DATA_DIR=/data
EXPOSE 4566
VOLUME /data
# The emulator creates the bucket last.
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "require('node:http').request({ port: process.env.PORT, path: '/freight-payloads', method: 'HEAD', timeout: 4000 }, response => process.exit(response.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1)).end()"]
CMD ["node", "dev/emulator/main.ts"]
LABEL org.opencontainers.image.title="freight-rates-emulator" \
      org.opencontainers.image.description="SQS and S3 on one machine, for docker-compose"
