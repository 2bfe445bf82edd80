# One image for the six apps and the one-shots. They share almost all packages, so one image is
# built, stored and pulled once. docker-compose.yml chooses the program of each container.
# This file does not need BuildKit.
ARG NODE_IMAGE=node:24-bookworm-slim

# Only the files that npm reads. The stages below copy from here, so that Docker reinstalls packages
# after a change of a manifest, but not after a change of a source file.
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

# The optional packages are PostgreSQL for native mode and compilers. The image does not use them.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --omit=dev --omit=optional --workspace=apps --workspace=tools --no-audit --no-fund

FROM ${NODE_IMAGE}
WORKDIR /app
# A new volume gets the owner of the folder on which it is mounted. Without this line it is root.
RUN install -d -o node -g node /var/lib/journals
COPY --from=packages /app ./
COPY --from=build /built ./
# Each dead letter carries the version that dead-lettered it.
ARG APP_VERSION=dev
ENV APP_VERSION=${APP_VERSION}
# kafkajs sets negative timeouts, and Node 24 would print a warning in every command.
ENV NODE_OPTIONS=--disable-warning=TimeoutNegativeWarning
# The files above belong to root, so an attacker who controls the process cannot change the program.
USER node
CMD ["node", "dist/main.js"]
