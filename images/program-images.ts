import { JOIN_CERTIFICATES, PATH, STRIP } from "./debian-files.ts";
import type { DebianPackages, RootRecipe } from "./recipe.ts";

/** bookworm's BusyBox crashes in `wget -T`. */
const busyboxPackages: DebianPackages = { suite: "trixie", names: ["base-files", "busybox"] };

/** Every program of BusyBox under its own name; its list has paths such as "usr/bin/wget". */
const LINK_APPLETS =
  'names=$(chroot . /usr/bin/busybox --list-full); for name in $names; do [ -e "$name" ] || ln -s /usr/bin/busybox "$name"; done';

/** @see https://github.com/docker-library/busybox */
export const busybox: RootRecipe = {
  packages: busyboxPackages,
  commands: [LINK_APPLETS, STRIP],
  config: { Cmd: ["sh"], Env: [PATH] },
};

/** Without its pages: the module carries the API alone. @see https://github.com/prometheus/prometheus/blob/main/Dockerfile */
export const prometheus: RootRecipe = {
  packages: busyboxPackages,
  copy: [
    { from: { tool: "prometheus" }, to: "usr/bin/prometheus" },
    { from: { tool: "promtool" }, to: "usr/bin/promtool" },
    { from: { file: "prometheus.yml" }, to: "etc/prometheus/prometheus.yml" },
  ],
  folders: [{ path: "prometheus", owner: 65534 }],
  commands: [LINK_APPLETS, STRIP],
  config: {
    User: "nobody",
    Entrypoint: ["/bin/prometheus"],
    Cmd: ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
    Env: [PATH],
    WorkingDir: "/prometheus",
    ExposedPorts: { "9090/tcp": {} },
  },
};

/** Without its pages, as Prometheus. Reads certificates: receivers are public. @see https://github.com/prometheus/alertmanager/blob/main/Dockerfile */
export const alertmanager: RootRecipe = {
  packages: { ...busyboxPackages, names: [...busyboxPackages.names, "ca-certificates"] },
  copy: [
    { from: { tool: "alertmanager" }, to: "usr/bin/alertmanager" },
    { from: { tool: "amtool" }, to: "usr/bin/amtool" },
    { from: { file: "alertmanager.yml" }, to: "etc/alertmanager/alertmanager.yml" },
  ],
  folders: [{ path: "alertmanager", owner: 65534 }],
  commands: [JOIN_CERTIFICATES, LINK_APPLETS, STRIP],
  config: {
    User: "nobody",
    Entrypoint: ["/bin/alertmanager"],
    Cmd: ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"],
    Env: [PATH],
    WorkingDir: "/alertmanager",
    ExposedPorts: { "9093/tcp": {} },
  },
};

/** Has no shell, as the official one. @see https://github.com/grafana/loki/blob/main/cmd/loki/Dockerfile */
export const loki: RootRecipe = {
  copy: [
    { from: { tool: "loki" }, to: "usr/bin/loki" },
    { from: { file: "loki.yaml" }, to: "etc/loki/local-config.yaml" },
  ],
  folders: [
    { path: "tmp", mode: 0o1777 },
    { path: "loki", owner: 10001, mode: 0o777 },
  ],
  users: { loki: { id: 10001, home: "/home/loki" } },
  config: {
    User: "10001",
    Entrypoint: ["/usr/bin/loki"],
    Cmd: ["-config.file=/etc/loki/local-config.yaml"],
    Env: [PATH],
    ExposedPorts: { "3100/tcp": {} },
  },
};

/**
 * With the components that our configuration names. Reads no certificates: it sends to addresses inside the cluster.
 *
 * @see https://github.com/open-telemetry/opentelemetry-collector-releases
 */
export const collector: RootRecipe = {
  copy: [{ from: { tool: "otelcol-contrib" }, to: "otelcol-contrib" }],
  folders: [{ path: "tmp", mode: 0o1777 }],
  users: { otel: { id: 10001, home: "/" } },
  config: {
    User: "10001",
    Entrypoint: ["/otelcol-contrib"],
    Cmd: ["--config", "/etc/otelcol-contrib/config.yaml"],
    Env: [PATH],
    ExposedPorts: { "4317/tcp": {}, "4318/tcp": {} },
  },
};

/**
 * Gets no certificates by itself, asks for no passwords, has no pages and no shell: a container's arguments are Traefik's own.
 *
 * @see https://github.com/traefik/traefik-library-image
 */
export const traefik: RootRecipe = {
  copy: [{ from: { tool: "traefik" }, to: "usr/local/bin/traefik" }],
  folders: [{ path: "tmp", mode: 0o1777 }],
  config: { Entrypoint: ["/usr/local/bin/traefik"], Env: [PATH], ExposedPorts: { "80/tcp": {} } },
};
