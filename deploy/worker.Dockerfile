# The worker as an image: Node runs the TypeScript as it is; what there is to build are the dependencies and the bundle of
# workflows.
#   docker build --file deploy/worker.Dockerfile --tag proxybench-worker:0.1.0 .
# The instructions used here are those that test/cluster/worker-image/worker-image.ts knows too: it follows this file without Docker.

# glibc, which the native part of Temporal's SDK wants, and the Node of package.json; a test compares them.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force
# The SDK brings its native part for five platforms.
RUN find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +
COPY src ./src
COPY scripts/bundle-workflows.ts ./scripts/
# Bundled once here, and not in every Pod that starts.
RUN node scripts/bundle-workflows.ts workflows.js
# Run directories and sample journals.
RUN mkdir .proxybench

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="proxybench-worker"
LABEL org.opencontainers.image.description="Worker of proxybench: durable benchmarks for the proxies in and around a Kubernetes cluster"
LABEL org.opencontainers.image.licenses="Apache-2.0"
LABEL org.opencontainers.image.version="0.1.0"
ENV NODE_ENV=production
ENV PROXYBENCH_WORKFLOW_BUNDLE=/app/workflows.js
# A Pod under test finds the project's own programs by name.
ENV PATH=/app/programs:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/workflows.js ./
COPY package.json ./
COPY scripts/cli.ts ./scripts/
COPY programs ./programs
COPY src ./src
COPY config ./config
COPY --from=build --chown=1000:1000 /app/.proxybench ./.proxybench
# A volume keeps it over restarts of the container.
VOLUME /app/.proxybench
# By number, so that a cluster can see that it is not root.
USER 1000:1000
ENTRYPOINT ["node", "scripts/cli.ts"]
CMD ["worker"]
