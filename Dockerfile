# Build: everything with its development dependencies, then only what the service needs.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY prisma ./prisma
COPY src ./src
COPY workers ./workers
RUN npm run build && npm prune --omit=dev
# Software of vaults that not everybody uses, such as "@azure/identity@4.14.1 …": see the README's table of vaults.
ARG VAULT_PACKAGES=""
RUN if [ -n "$VAULT_PACKAGES" ]; then npm install --no-save --omit=dev $VAULT_PACKAGES; fi

# Runtime: Debian's headless Chromium, fonts to read pages by, and an init that reaps what a killed browser leaves.
FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends chromium-headless-shell fonts-liberation fonts-noto-core tini \
  && rm -rf /var/lib/apt/lists/*
# /artifacts is for a volume that several containers share: a new one takes this owner.
RUN install -d -o node -g node -m 0700 /data /artifacts
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
ENV NODE_ENV=production \
    KEYTURN_HOST=0.0.0.0 \
    KEYTURN_DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 8377
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.KEYTURN_PORT || 8377}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "dist/src/cli.js"]
CMD ["start"]
