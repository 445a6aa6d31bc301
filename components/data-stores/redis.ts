import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  DATA_STORE_PORTS,
  EXPORTER_LOGIN,
  parseQuantity,
  toEnvironmentVariableStem,
  type ResolvedRedis,
} from "../../spec/index.ts";
import { secretChecksum } from "../checksum.ts";
import { createClientServices } from "../client-services.ts";
import { Component, type ComponentArgs } from "../component.ts";
import { createNetworkPolicy, type PolicySpec } from "../network-policies.ts";
import { createPassword } from "../password.ts";
import { execProbe } from "../pod.ts";
import { createVolume } from "../volume.ts";
import { createWorkload } from "../workload.ts";
import { EXPORTER_PASSWORDS, type Connection } from "./connection.ts";

/** Arguments of {@link Redis}. */
export interface RedisArgs extends ComponentArgs {
  readonly store: ResolvedRedis;
  readonly policy: PolicySpec;
  /** Whether it has a user for its exporter. @default false */
  readonly exporter?: boolean;
  /** Settles with what has to stop before the store does, where it is put to sleep. @default nothing has to */
  readonly stopAfter?: Promise<readonly pulumi.Resource[]>;
  /** Key of the checksums that roll pods when a secret changes. */
  readonly checksumKey: pulumi.Input<string>;
}

const PORT = DATA_STORE_PORTS.redis;
const DATA = "/data";
const CONFIG = "/etc/redis";

/** Redis of one pod: password, append-only file on a volume, memory capped below the container's limit. */
export class Redis extends Component {
  readonly connection: Connection;
  /** What the store's pod waits for. */
  readonly prerequisites: readonly pulumi.Resource[];

  constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Redis", name, args, opts);
    const { store } = args;
    const part = { name, component: "cache", image: store.image };
    const password = createPassword(`${name}-password`, 32, { parent: this });
    // The configuration holds the password and so is a Secret: as an argument it would show in the process list.
    const config = pulumi.interpolate`${redisConf(store)}requirepass ${password}\n`;
    const exporter = args.exporter ? createPassword(`${name}-exporter`, 32, { parent: this }) : undefined;
    const secretData = {
      password,
      "redis.conf": exporter ? withExporter(config, exporter) : config,
      ...(exporter
        ? { [EXPORTER_PASSWORDS]: pulumi.jsonStringify({ [`redis://${EXPORTER_LOGIN}@${name}:${PORT}`]: exporter }) }
        : {}),
    };
    const secret = new k8s.core.v1.Secret(
      `${name}-secret`,
      { metadata: this.metadata(name, part), stringData: secretData },
      this.child(),
    );
    createNetworkPolicy(name, { metadata: this.metadata(name, part), policy: args.policy }, this.child());
    createClientServices(
      name,
      {
        identity: this.identity(part),
        metadata: this.metadataOf(part),
        ports: { redis: PORT },
        stableIdentity: true,
      },
      this.child(),
    );
    const data = createVolume(
      name,
      {
        metadata: this.metadataOf(part),
        claim: `${name}-data`,
        ...store.storage,
      },
      this.slowChild({ protect: store.deletion === "protect" }),
    );
    const ping = (answer: string) => ["sh", "-c", `redis-cli -h 127.0.0.1 ping | grep -qE '^${answer}'`];
    // Each probe starts programs in the container: seldom, once it has started.
    const timing = { periodSeconds: 10, timeoutSeconds: 5 };
    this.prerequisites = [secret, data.claim];
    const workload = createWorkload(
      name,
      {
        metadata: this.metadata(name, part),
        identity: this.identity(part),
        replicas: 1,
        asleep: args.placement.asleep,
        stableIdentity: true,
        pod: {
          user: store.user,
          serviceAccountName: args.placement.serviceAccountName,
          terminationGracePeriodSeconds: 60,
          annotations: secretChecksum(secretData, args.checksumKey),
          volumes: [
            data.volume,
            {
              name: "config",
              secret: { secretName: name, items: [{ key: "redis.conf", path: "redis.conf" }], defaultMode: 0o440 },
            },
          ],
          container: {
            name: "redis",
            image: store.image,
            command: ["redis-server"],
            args: [`${CONFIG}/redis.conf`],
            ports: { redis: PORT },
            env: { REDISCLI_AUTH: { secretKeyRef: { name, key: "password" } } },
            resources: store.resources,
            mounts: [
              { volume: "data", path: DATA },
              { volume: "config", path: CONFIG, readOnly: true },
            ],
            // While it reads a large append-only file it answers LOADING: alive, and to be left alone.
            startupProbe: execProbe(ping("(PONG|LOADING)"), {
              periodSeconds: 1,
              timeoutSeconds: 5,
              failureThreshold: 120,
            }),
            livenessProbe: execProbe(ping("(PONG|LOADING)"), { ...timing, failureThreshold: 6 }),
            readinessProbe: execProbe(ping("PONG$"), { ...timing, failureThreshold: 2 }),
          },
        },
      },
      this.podChild({ dependsOn: [...this.prerequisites], after: args.stopAfter }),
    );
    this.connection = toConnection(name, password, [workload]);
    this.registerOutputs({ connection: { env: this.connection.env } });
  }
}

function toConnection(name: string, password: pulumi.Output<string>, ready: readonly pulumi.Resource[]): Connection {
  const stem = toEnvironmentVariableStem(name);
  return {
    env: { [`${stem}_HOST`]: name, [`${stem}_PORT`]: String(PORT) },
    secretEnv: {
      [`${stem}_PASSWORD`]: password,
      [`${stem}_URL`]: pulumi.interpolate`redis://default:${password}@${name}:${PORT}`,
    },
    ready,
  };
}

function redisConf(store: ResolvedRedis): string {
  const limit = parseQuantity(store.resources.limits.memory, "bytes") ?? 0;
  const lines = [
    "bind * -::*",
    `port ${PORT}`,
    `dir ${DATA}`,
    "appendonly yes",
    "appendfsync everysec",
    'save ""',
    `maxmemory ${Math.floor((limit * store.maxMemoryPercent) / 100)}`,
    `maxmemory-policy ${store.evictionPolicy}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The exporter may ask how the server is, and nothing else. */
function withExporter(config: pulumi.Output<string>, password: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.interpolate`${config}user ${EXPORTER_LOGIN} on >${password} +info\n`;
}
