# Central with its dashboard. PostgreSQL is in the image for the private database that central runs in its
# data folder when no DATABASE_URL is given.
FROM node:24-trixie-slim AS node

FROM postgres:17-trixie
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY dist/central.js dist/log-sandbox.js /app/
COPY dist/dashboard /app/dashboard
ENV PG_SWARM_DASHBOARD_DIR=/app/dashboard PG_SWARM_DATA_DIR=/var/lib/pg-swarm
# Memory of five thousand connections: centralNodeEnv and centralNodeFlags of src/core/names.ts.
ENV GLIBC_TUNABLES=glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=16384:glibc.malloc.top_pad=0
RUN install -d -o postgres -g postgres -m 0700 /var/lib/pg-swarm
USER 999:999
EXPOSE 8080 9090
ENTRYPOINT ["/usr/local/bin/node", "--optimize-for-size", "--max-semi-space-size=4", "--heap-growing-percent=30", "/app/central.js"]
