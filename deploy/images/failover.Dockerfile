# The failover sidecar: one beside each PostgreSQL. Runs as the `postgres` user of the stock image, whose files it reads.
FROM node:24-trixie-slim
COPY dist/failover.js /app/
USER 999:999
EXPOSE 8009 8010
# One runs beside every database: without compilers it holds a tenth less (`failoverNodeFlags` in src/core/names.ts).
ENTRYPOINT ["/usr/local/bin/node", "--no-opt", "--no-maglev", "--optimize-for-size", "/app/failover.js"]
