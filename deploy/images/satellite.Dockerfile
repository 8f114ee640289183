# The satellite: one per Kubernetes cluster.
FROM node:24-trixie-slim
COPY dist/satellite.js /app/
USER 65532:65532
EXPOSE 8081 9091
ENTRYPOINT ["/usr/local/bin/node", "/app/satellite.js"]
