# The platform service, and the operations that it runs as Jobs: docs/guides/platform.md.
# The base images are arguments, so that a mirror or a pinned digest can stand in for them.
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm-slim
ARG PULUMI_IMAGE=docker.io/pulumi/pulumi-base:3.216.0
ARG KUBECTL_IMAGE=registry.k8s.io/kubectl:v1.34.2
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot
ARG DEBUG_IMAGE=gcr.io/distroless/nodejs24-debian13:debug-nonroot

# Packages, cached until package.json or the lock file changes. They are plain JavaScript without install scripts, so one
# architecture's serve all: the stage runs on the builder's own.
FROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS deps
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The secret is an .npmrc for a registry that needs one; without it the public registry is used.
RUN --mount=type=cache,target=/var/cache/npm --mount=type=secret,id=npmrc,target=/run/secrets/npmrc,required=false \
    npm ci --omit=dev --ignore-scripts --cache=/var/cache/npm --userconfig=/run/secrets/npmrc

FROM --platform=${TARGETPLATFORM} ${KUBECTL_IMAGE} AS kubectl

# Pulumi with the plugins of the versions that the packages ask for. Those that are there already are not fetched.
FROM --platform=${TARGETPLATFORM} ${PULUMI_IMAGE} AS pulumi
ENV PULUMI_HOME=/opt/pulumi
RUN ["/pulumi/bin/pulumi", "plugin", "install", "resource", "kubernetes", "4.25.0"]
RUN ["/pulumi/bin/pulumi", "plugin", "install", "resource", "random", "4.19.1"]

# What both variants hold. Nothing is compiled: Node runs the TypeScript as it is.
FROM scratch AS app
COPY --from=kubectl /bin/kubectl /opt/terrarium/bin/kubectl
COPY --from=pulumi /pulumi/bin/pulumi /pulumi/bin/pulumi-language-nodejs /opt/terrarium/bin/
COPY --from=pulumi /opt/pulumi/plugins /opt/pulumi/plugins
COPY --from=deps /app/node_modules /app/node_modules
COPY package.json /app/
COPY spec /app/spec
COPY components /app/components
COPY clusters /app/clusters
COPY stacks /app/stacks
COPY platform /app/platform
# Pulumi runs packs by a shell script of its own, and the runtime has no shell.
COPY policies /app/policies
COPY policies/pulumi-analyzer-policy /opt/terrarium/bin/pulumi-analyzer-policy

# With a shell, to look around in, and with a HEALTHCHECK for plain container engines: Kubernetes has its own probes. The
# platform is named because older buildah carries that of the first stage on.
FROM --platform=${TARGETPLATFORM} ${DEBUG_IMAGE} AS debug
COPY --from=app / /
WORKDIR /app
ENV NODE_ENV=production NODE_OPTIONS=--disable-warning=ExperimentalWarning NODE_COMPILE_CACHE=/tmp/node-compile-cache \
    HOME=/tmp PULUMI_HOME=/opt/pulumi PULUMI_CREDENTIALS_PATH=/tmp PULUMI_IGNORE_AMBIENT_PLUGINS=true GOGC=1600 \
    PATH=/opt/terrarium/bin:/nodejs/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/busybox
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node"]
CMD ["platform/serve.ts"]

# Last, so that it is what a build without --target makes.
FROM --platform=${TARGETPLATFORM} ${RUNTIME_IMAGE} AS runtime
COPY --from=app / /
WORKDIR /app
# The distroless image has node at /nodejs/bin. All that is written goes to /tmp: the root file system is read-only.
ENV NODE_ENV=production NODE_OPTIONS=--disable-warning=ExperimentalWarning NODE_COMPILE_CACHE=/tmp/node-compile-cache \
    HOME=/tmp PULUMI_HOME=/opt/pulumi PULUMI_CREDENTIALS_PATH=/tmp PULUMI_IGNORE_AMBIENT_PLUGINS=true GOGC=1600 \
    PATH=/opt/terrarium/bin:/nodejs/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["node"]
CMD ["platform/serve.ts"]
