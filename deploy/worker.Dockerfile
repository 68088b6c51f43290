# The worker as an image: Node runs the TypeScript as it is, so there is nothing to build but the dependencies.
#   docker build --file deploy/worker.Dockerfile --tag proxybench-worker .

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY scripts ./scripts
COPY src ./src
COPY config ./config
# Run directories and sample journals; a volume keeps them over restarts of the container.
RUN mkdir .proxybench && chown node:node .proxybench
VOLUME /app/.proxybench
USER node
ENTRYPOINT ["node", "scripts/cli.ts"]
CMD ["worker"]
