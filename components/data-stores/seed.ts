import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DATA_STORE_PORTS, IMAGES, seedName, type PostgresSeed, type ResolvedPostgres } from "../../spec/index.ts";
import { Component, type ComponentArgs, type Part } from "../component.ts";
import { createNetworkPolicy, type PolicySpec } from "../network-policies.ts";
import { createPodTemplate, type ContainerArgs } from "../pod.ts";

/** Arguments of {@link PostgresSeedJob}. */
export interface PostgresSeedArgs extends ComponentArgs {
  readonly store: ResolvedPostgres;
  readonly seed: PostgresSeed;
  /** Value that `dump.config` names. @default none */
  readonly address?: pulumi.Input<string>;
  /** Secret with the key "password" of the store's application role. */
  readonly secretName: string;
  /** Role that loads. */
  readonly login: string;
  readonly policy: PolicySpec;
  /** The store's workload. */
  readonly readyAfter: readonly pulumi.Resource[];
}

const FOLDER = "/seed";
const FILE = `${FOLDER}/data`;
/** Where each container says how it ended, in a line that the platform service reads: see {@link readSeedMessages}. */
const SAYS = "/dev/termination-log";
/** Seconds until the load counts as failed, and further tries. */
const [DEADLINE, RETRIES] = [3600, 2];

/**
 * Loads data into a database that has no tables: all of it or nothing. It runs after the store is ready and before its
 * migrations; once there are tables it does nothing. Like a migration it is not there while the environment sleeps.
 */
export class PostgresSeedJob extends Component {
  /** The finished job, to wait for; nothing while the environment sleeps. */
  readonly done: readonly pulumi.Resource[];

  constructor(storeName: string, args: PostgresSeedArgs, opts?: pulumi.ComponentResourceOptions) {
    const name = seedName(storeName);
    super("PostgresSeed", name, args, opts);
    const { store, seed, address } = args;
    const part = { name, component: "seed", image: store.image };
    const metadata = this.metadata(name, part);
    const policy = createNetworkPolicy(name, { metadata, policy: args.policy }, this.child());
    const source = seed.dump
      ? new k8s.core.v1.Secret(
          `${name}-secret`,
          { metadata, stringData: { SEED_URL: pulumi.secret(address ?? seed.dump.url ?? "") } },
          this.child(),
        )
      : new k8s.core.v1.ConfigMap(`${name}-config`, { metadata, data: { data: seed.sql ?? "" } }, this.child());
    this.done = args.placement.asleep ? [] : [this.job(storeName, part, args, [policy, source, ...args.readyAfter])];
    this.registerOutputs({});
  }

  private job(
    storeName: string,
    part: Part,
    { store, seed, secretName, login, placement }: PostgresSeedArgs,
    dependsOn: readonly pulumi.Resource[],
  ): pulumi.Resource {
    const { name } = part;
    const required = String(seed.required);
    const mounts = [{ volume: "seed", path: FOLDER }];
    const fetching: ContainerArgs = {
      name: "fetch",
      image: IMAGES.node.image,
      command: ["node", "-e", FETCH],
      env: { FILE, SAYS, REQUIRED: required },
      envFromSecret: name,
      resources: store.resources,
      ephemeralStorage: store.storage.size,
      mounts,
      terminationMessagePolicy: "FallbackToLogsOnError",
    };
    return new k8s.batch.v1.Job(
      `${name}-job`,
      {
        metadata: this.metadata(name, part),
        spec: {
          backoffLimit: RETRIES,
          activeDeadlineSeconds: DEADLINE,
          template: createPodTemplate({
            identity: this.identity(part),
            user: store.user,
            serviceAccountName: placement.serviceAccountName,
            restartPolicy: "Never",
            volumes: [
              seed.dump
                ? { name: "seed", emptyDir: { sizeLimit: store.storage.size } }
                : { name: "seed", configMap: { name, defaultMode: 0o444 } },
            ],
            initContainers: seed.dump ? [fetching] : [],
            container: {
              name: "load",
              image: store.image,
              command: ["sh", "-eu", "-c", LOAD],
              env: {
                FILE,
                SAYS,
                REQUIRED: required,
                PGHOST: storeName,
                PGPORT: String(DATA_STORE_PORTS.postgres),
                PGUSER: login,
                PGDATABASE: store.database,
                PGPASSWORD: { secretKeyRef: { name: secretName, key: "password" } },
              },
              resources: store.resources,
              mounts: [{ volume: "seed", path: FOLDER, readOnly: true }],
              terminationMessagePolicy: "FallbackToLogsOnError",
            },
          }),
        },
      },
      this.podChild({
        dependsOn: [...dependsOn],
        customTimeouts: { create: `${DEADLINE + 60}s`, update: `${DEADLINE + 60}s` },
      }),
    );
  }
}

/** Fetches the file, and unpacks it where it is gzipped. Of an address, which may hold a signature, only the host is told. */
const FETCH = `
const { createWriteStream, rmSync, writeFileSync } = require("node:fs");
const { Readable } = require("node:stream");
const { pipeline } = require("node:stream/promises");
const { createGunzip } = require("node:zlib");
const { SEED_URL, FILE, SAYS, REQUIRED } = process.env;
async function main() {
  const response = await fetch(SEED_URL);
  if (!response.ok) throw new Error("the server answers " + response.status);
  const body = Readable.fromWeb(response.body);
  const [first] = await Promise.race([require("node:events").once(body, "readable").then(() => [body.read()]), require("node:events").once(body, "end").then(() => [])]);
  if (!first) throw new Error("the file is empty");
  body.unshift(first);
  const isPacked = first[0] === 0x1f && first[1] === 0x8b;
  await pipeline([body, ...(isPacked ? [createGunzip()] : []), createWriteStream(FILE)]);
  console.log("fetched from " + new URL(SEED_URL).host);
}
main().catch((error) => {
  let host = "an address that is none";
  try { host = new URL(SEED_URL).host; } catch {}
  const why = "not fetched from " + host + ": " + (error.cause?.code ?? error.message.replaceAll(SEED_URL, host));
  console.error(why);
  writeFileSync(SAYS, "empty: " + why);
  rmSync(FILE, { force: true });
  process.exitCode = REQUIRED === "true" ? 1 : 0;
});
`.trim();

/** Loads the file in one transaction into a database without tables of its own. */
const LOAD = `
tables=$(psql -XAtq -v ON_ERROR_STOP=1 -c "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema$)' and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')")
if [ "$tables" != 0 ]; then
  echo "there are $tables tables already: nothing is loaded"
  exit 0
fi
errors=$(mktemp)
load() {
  if [ ! -s "$FILE" ]; then echo "there is no data" >&2; return 1; fi
  if [ "$(head -c 5 "$FILE")" = PGDMP ]; then
    pg_restore --single-transaction --exit-on-error --no-owner --no-privileges --no-comments --dbname "$PGDATABASE" "$FILE"
  else
    psql -Xq --single-transaction -v ON_ERROR_STOP=1 -f "$FILE"
  fi
}
if load 2> "$errors"; then
  echo "loaded" | tee "$SAYS"
  exit 0
fi
cat "$errors" >&2
echo "not loaded: the database is empty" >&2
echo "empty: $(head -n 1 "$errors" | cut -c 1-300)" > "$SAYS"
[ "$REQUIRED" != true ]
`.trim();

/**
 * How a load went, by what its pod's containers said when they ended.
 *
 * @param messages of the containers in their order.
 * @returns undefined where nothing was loaded because there were tables, or nothing is known.
 */
export function readSeedMessages(
  messages: readonly string[],
): { readonly isLoaded: boolean; readonly why: string } | undefined {
  for (const message of messages) {
    const [, why] = /^empty: (.*)/s.exec(message.trim()) ?? [];
    if (why !== undefined) return { isLoaded: false, why };
  }
  return messages.some((message) => message.trim() === "loaded") ? { isLoaded: true, why: "" } : undefined;
}
