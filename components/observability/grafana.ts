import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { OBSERVABILITY_PORTS, type Tier } from "../../spec/index.ts";
import { configChecksum, secretChecksum } from "../checksum.ts";
import { createPassword } from "../password.ts";
import { httpProbe } from "../pod.ts";
import { createRoute } from "../route.ts";
import { toYaml } from "./config-file.ts";
import { createDashboards, HOME_DASHBOARD } from "./dashboards.ts";
import { dataSourcesFile, enabledDataSources } from "./data-sources.ts";
import { Server, type ServerArgs } from "./server.ts";

/** Arguments of {@link Grafana}. */
export interface GrafanaArgs extends ServerArgs {
  /** Key of the checksums that roll pods when a secret changes. */
  readonly checksumKey: pulumi.Input<string>;
}

const DATA = "/var/lib/grafana";
const PROVISIONING = "/etc/grafana/provisioning";
const SECRETS = "/run/secrets/grafana";
const DASHBOARDS = `${PROVISIONING}/dashboards`;

/** Grafana with data sources and dashboards from files; its volume keeps what people add by hand. */
export class Grafana extends Server {
  /** Password of the user "admin": a secret. */
  readonly adminPassword: pulumi.Output<string>;

  constructor(name: string, args: GrafanaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Grafana", name, "grafana", args, opts);
    const { environment } = args;
    const files = grafanaFiles(args);
    const config = this.configMap(name, files);
    const password = createPassword(`${name}-admin-password`, 32, { parent: this });
    // Encrypts credentials in Grafana's database; without it every Grafana in the world uses the same key.
    const encryptionKey = createPassword(`${name}-encryption-key`, 32, { parent: this });
    const secretData = { "admin-password": password, "encryption-key": encryptionKey };
    const secret = new k8s.core.v1.Secret(
      `${name}-secret`,
      { metadata: this.metadata(this.server, this.part), stringData: secretData },
      this.child(),
    );
    const dashboards = Object.keys(files).filter((key) => key !== DATA_SOURCES_FILE);
    const timing = { periodSeconds: 5, timeoutSeconds: 3 };
    this.createServer(name, {
      dataPath: DATA,
      annotations: { ...configChecksum(files), ...secretChecksum(secretData, args.checksumKey) },
      volumes: [
        {
          name: "data-sources",
          configMap: { name: this.server, items: [{ key: DATA_SOURCES_FILE, path: DATA_SOURCES_FILE }] },
        },
        { name: "dashboards", configMap: { name: this.server, items: dashboards.map((key) => ({ key, path: key })) } },
        { name: "secrets", secret: { secretName: this.server, defaultMode: 0o440 } },
      ],
      mounts: [
        { volume: "data-sources", path: `${PROVISIONING}/datasources`, readOnly: true },
        { volume: "dashboards", path: DASHBOARDS, readOnly: true },
        { volume: "secrets", path: SECRETS, readOnly: true },
      ],
      terminationGracePeriodSeconds: 30,
      container: {
        env: grafanaSettings(environment.tier, HOME_DASHBOARD in files, environment.observability.grafana.hostnames[0]),
        // The first start creates the database; on a small CPU limit that takes a minute.
        startupProbe: httpProbe("/api/health", "http", { ...timing, periodSeconds: 2, failureThreshold: 150 }),
        // Unlike /api/health, it says nothing about the database, which a restart would not mend.
        livenessProbe: httpProbe("/healthz", "http", { ...timing, periodSeconds: 10, failureThreshold: 6 }),
        readinessProbe: httpProbe("/api/health", "http", { ...timing, failureThreshold: 3 }),
      },
      dependsOn: [config, secret],
    });
    const { hostnames } = environment.observability.grafana;
    if (hostnames.length > 0 && environment.network.gateway) {
      createRoute(
        name,
        {
          metadata: this.metadata(this.server, this.part),
          service: this.server,
          port: OBSERVABILITY_PORTS.grafana,
          expose: { hostnames, paths: ["/"] },
          gateway: environment.network.gateway,
        },
        this.child(),
      );
    }
    this.adminPassword = password;
    this.registerOutputs({ url: this.url, adminPassword: this.adminPassword });
  }
}

const DATA_SOURCES_FILE = "data-sources.yaml";

function grafanaFiles({ environment }: GrafanaArgs): Record<string, string> {
  const sources = enabledDataSources(environment.observability);
  const dashboards = createDashboards(environment.name, sources, environment.observability);
  return {
    [DATA_SOURCES_FILE]: dataSourcesFile(sources),
    // Grafana reads the provider from the folder's .yaml file, and the provider the folder's .json files.
    "provider.yaml": toYaml({
      apiVersion: 1,
      providers: [
        {
          name: "terrarium",
          type: "file",
          disableDeletion: true,
          allowUiUpdates: false,
          options: { path: DASHBOARDS },
        },
      ],
    }),
    ...Object.fromEntries(Object.entries(dashboards).map(([file, dashboard]) => [file, JSON.stringify(dashboard)])),
  };
}

/**
 * Grafana's settings as environment variables.
 *
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
 */
function grafanaSettings(tier: Tier, home: boolean, hostname: string | undefined): Record<string, string> {
  return {
    GF_SERVER_HTTP_PORT: String(OBSERVABILITY_PORTS.grafana),
    GF_PATHS_DATA: DATA,
    GF_PATHS_LOGS: `${DATA}/logs`,
    GF_PATHS_PLUGINS: `${DATA}/plugins`,
    GF_PATHS_PROVISIONING: PROVISIONING,
    GF_LOG_MODE: "console",
    GF_LOG_CONSOLE_FORMAT: "json",
    GF_SECURITY_ADMIN_USER: "admin",
    GF_SECURITY_ADMIN_PASSWORD__FILE: `${SECRETS}/admin-password`,
    GF_SECURITY_SECRET_KEY__FILE: `${SECRETS}/encryption-key`,
    GF_SECURITY_DISABLE_GRAVATAR: "true",
    GF_USERS_ALLOW_SIGN_UP: "false",
    GF_AUTH_ANONYMOUS_ENABLED: String(tier === "dev"),
    GF_AUTH_ANONYMOUS_ORG_ROLE: "Viewer",
    GF_ANALYTICS_REPORTING_ENABLED: "false",
    GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
    GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: "false",
    GF_NEWS_NEWS_FEED_ENABLED: "false",
    // The image brings the data sources as plugins on its read-only file system. An update in place would first unload
    // them and then fail, and nothing here may reach the internet anyway.
    GF_PLUGINS_PREINSTALL_DISABLED: "true",
    GF_PLUGINS_PREINSTALL_AUTO_UPDATE: "false",
    ...(hostname === undefined ? {} : { GF_SERVER_DOMAIN: hostname }),
    ...(home ? { GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${DASHBOARDS}/${HOME_DASHBOARD}` } : {}),
  };
}
