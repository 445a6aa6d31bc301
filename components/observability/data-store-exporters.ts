import type * as pulumi from "@pulumi/pulumi";
import {
  DATA_STORE_PORTS,
  EXPORTER_LOGIN,
  type ExporterPart,
  type ResolvedDataStore,
  type ResolvedPostgres,
} from "../../spec/index.ts";
import type { ComponentArgs } from "../component.ts";
import { EXPORTER_PASSWORD, EXPORTER_PASSWORDS } from "../data-stores/connection.ts";
import type { PolicySpec } from "../network-policies.ts";
import { Exporter, type ExporterArgs } from "./exporter.ts";

/** Arguments of {@link DataStoreExporter}. */
export interface DataStoreExporterArgs extends ComponentArgs {
  readonly exporter: ExporterPart;
  /** Name of the data store. */
  readonly storeName: string;
  readonly store: ResolvedDataStore;
  readonly policy: PolicySpec;
}

/** Tells Prometheus how a Postgres or Redis store is, which it asks as a user that can read no data. */
export class DataStoreExporter extends Exporter {
  constructor(name: string, args: DataStoreExporterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { storeName, store } = args;
    super(
      name,
      store.engine === "postgres"
        ? { ...args, ...postgresExporter(storeName, store) }
        : { ...args, ...redisExporter(storeName), healthPath: "/health" },
      opts,
    );
  }
}

/** Where the password is mounted, and no other one of the store. */
const SECRETS = "/run/secrets/store";

/**
 * Without the statistics of each table and index: there is no bound to how many an application has.
 *
 * @see https://github.com/prometheus-community/postgres_exporter
 */
function postgresExporter(
  storeName: string,
  { database }: ResolvedPostgres,
): Pick<ExporterArgs, "container" | "volumes"> {
  return withSecret(storeName, EXPORTER_PASSWORD, {
    args: ["--no-collector.stat_user_tables", "--no-collector.statio_user_tables"],
    env: {
      DATA_SOURCE_URI: `${storeName}:${DATA_STORE_PORTS.postgres}/${database}?sslmode=disable`,
      DATA_SOURCE_USER: EXPORTER_LOGIN,
      DATA_SOURCE_PASS_FILE: `${SECRETS}/${EXPORTER_PASSWORD}`,
    },
  });
}

/**
 * With INFO alone, and without the page that asks any server that is named to it.
 *
 * @see https://github.com/oliver006/redis_exporter
 */
function redisExporter(storeName: string): Pick<ExporterArgs, "container" | "volumes"> {
  return withSecret(storeName, EXPORTER_PASSWORDS, {
    env: {
      REDIS_ADDR: `redis://${storeName}:${DATA_STORE_PORTS.redis}`,
      REDIS_USER: EXPORTER_LOGIN,
      REDIS_PASSWORD_FILE: `${SECRETS}/${EXPORTER_PASSWORDS}`,
      REDIS_EXPORTER_CONFIG_COMMAND: "-",
      REDIS_EXPORTER_SET_CLIENT_NAME: "false",
      REDIS_EXPORTER_EXCLUDE_LATENCY_HISTOGRAM_METRICS: "true",
      REDIS_EXPORTER_DISABLE_SCRAPE_ENDPOINT: "true",
    },
  });
}

/** Mounts one key of the store's Secret. */
function withSecret(
  secretName: string,
  key: string,
  container: ExporterArgs["container"],
): Pick<ExporterArgs, "container" | "volumes"> {
  return {
    container: { ...container, mounts: [{ volume: "secrets", path: SECRETS, readOnly: true }] },
    volumes: [{ name: "secrets", secret: { secretName, items: [{ key, path: key }], defaultMode: 0o440 } }],
  };
}
