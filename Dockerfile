# One image for the six apps and for the one-shots: they share nearly every package, so one image is
# built, stored and pulled once. docker-compose.yml says which of them a container runs.
# Nothing in here needs BuildKit.
ARG NODE_IMAGE=node:24-bookworm-slim

# Only what npm reads. Copied from here, the packages below are installed again when a manifest
# changes, not whenever a source file does.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json -delete \
 && find . -type d -empty -delete

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --no-audit --no-fund
COPY . .
ENV NX_DAEMON=false NX_TUI=false
RUN npx nx run-many -t build --outputStyle=static \
 && mkdir /built \
 && cp --parents -r apps/*/dist libs/*/dist tools/dist infra/connect/connector.json nx.json /built

# Optional packages are the native way's PostgreSQL and the build's compilers: nothing here uses them.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --omit=dev --omit=optional --workspace=apps --workspace=tools --no-audit --no-fund

FROM ${NODE_IMAGE}
WORKDIR /app
# A new volume takes the owner of the folder it is mounted on; without this, root's.
RUN install -d -o node -g node /var/lib/journals
COPY --from=packages /app ./
COPY --from=build /built ./
# Dead letters say which version gave them up.
ARG APP_VERSION=dev
ENV APP_VERSION=${APP_VERSION}
# kafkajs subtracts clocks without minding the sign, and Node 24 would say so on every command.
ENV NODE_OPTIONS=--disable-warning=TimeoutNegativeWarning
# The files above belong to root: a process that is taken over cannot change its own program.
USER node
CMD ["node", "--enable-source-maps", "dist/main.js"]
