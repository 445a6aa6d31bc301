import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DATA_STORE_PORTS, toEnvironmentVariableStem, type ResolvedPostgres } from "../../spec/index.ts";
import { createClientServices } from "../client-services.ts";
import { Component, type ComponentArgs } from "../component.ts";
import { createNetworkPolicy, type PolicySpec } from "../network-policies.ts";
import { createPassword } from "../password.ts";
import { execProbe } from "../pod.ts";
import { createVolume } from "../volume.ts";
import { createWorkload } from "../workload.ts";
import { PostgresBackup } from "./backup.ts";
import { type GoldenSnapshot, GoldenSnapshotCopy } from "./golden-snapshot.ts";
import { PostgresSeedJob } from "./seed.ts";
import { EXPORTER_PASSWORD, type Connection } from "./connection.ts";
import { loginRole, rolesContainer, rolesSql, SECRETS, SOCKET } from "./postgres-roles.ts";

/** Arguments of {@link Postgres}. */
export interface PostgresArgs extends ComponentArgs {
  readonly store: ResolvedPostgres;
  readonly policy: PolicySpec;
  /** Policy of the job that loads first data; used only where the store has a seed. @default none */
  readonly seedPolicy?: PolicySpec;
  /** What the volume is made from. @default it starts empty */
  readonly snapshot?: GoldenSnapshot;
  /** Values that the seed may name, by key. @default {} */
  readonly secretValues?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Settles with what has to stop before the store does, where it is put to sleep. @default nothing has to */
  readonly stopAfter?: Promise<readonly pulumi.Resource[]>;
  /** Whether it has a role for its exporter. @default false */
  readonly exporter?: boolean;
  /** Policy of the backup job's pods; used only where the store has backups. */
  readonly backupPolicy: PolicySpec;
}

const PORT = DATA_STORE_PORTS.postgres;
const DATA = "/var/lib/postgresql/data";

/**
 * PostgreSQL of one pod, with pgvector: a superuser and an application role with generated passwords, data on a volume,
 * shared memory as large as the parallel index builds of pgvector want.
 *
 * @see https://github.com/pgvector/pgvector
 */
export class Postgres extends Component {
  readonly connection: Connection;
  /** What the store's pod waits for. */
  readonly prerequisites: readonly pulumi.Resource[];

  constructor(name: string, args: PostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Postgres", name, args, opts);
    const { store } = args;
    const part = { name, component: "database", image: store.image };
    const password = createPassword(`${name}-password`, 32, { parent: this }, store.passwordRotation);
    const superuser = createPassword(`${name}-superuser`, 32, { parent: this });
    const secret = new k8s.core.v1.Secret(
      `${name}-secret`,
      {
        metadata: this.metadata(name, part),
        stringData: {
          password,
          "superuser-password": superuser,
          ...(args.exporter ? { [EXPORTER_PASSWORD]: createPassword(`${name}-exporter`, 32, { parent: this }) } : {}),
        },
      },
      this.child(),
    );
    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      {
        metadata: this.metadata(`${name}-roles`, part),
        data: { "roles.sql": rolesSql(store, args.exporter ?? false) },
      },
      this.child(),
    );
    createNetworkPolicy(name, { metadata: this.metadata(name, part), policy: args.policy }, this.child());
    createClientServices(
      name,
      {
        identity: this.identity(part),
        metadata: this.metadataOf(part),
        ports: { postgres: PORT },
        stableIdentity: true,
      },
      this.child(),
    );
    const golden = args.snapshot
      ? new GoldenSnapshotCopy(name, { placement: args.placement, snapshot: args.snapshot }, { parent: this })
      : undefined;
    const data = createVolume(
      name,
      {
        metadata: this.metadataOf(part),
        claim: claimName(name),
        dataSource: golden?.source,
        ...store.storage,
      },
      this.slowChild({ protect: store.deletion === "protect", dependsOn: golden ? [golden.resource] : [] }),
    );
    const isReady = ["pg_isready", "-q", "-h", "127.0.0.1", "-p", String(PORT), "-U", "postgres"];
    // 1: it answers and takes no connections yet. A restart would begin a recovery from a crash anew.
    const isAlive = ["sh", "-c", `pg_isready -q -h 127.0.0.1 -p ${PORT} -U postgres; test $? -le 1`];
    // Each probe starts programs in the container: seldom, once it has started.
    const timing = { periodSeconds: 10, timeoutSeconds: 5 };
    this.prerequisites = [secret, config, data.claim];
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
          // The image's stop signal is SIGINT, a fast shutdown: its checkpoint can take longer than the usual 30 s.
          terminationGracePeriodSeconds: 90,
          volumes: [
            data.volume,
            { name: "run", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
            { name: "shm", emptyDir: { medium: "Memory", sizeLimit: "128Mi" } },
            { name: "roles", configMap: { name: `${name}-roles`, defaultMode: 0o444 } },
            { name: "secrets", secret: { secretName: name, defaultMode: 0o440 } },
          ],
          sidecars: [rolesContainer(store.image)],
          container: {
            name: "postgres",
            image: store.image,
            args: ["-c", `max_connections=${store.maxConnections}`, "-c", "shared_buffers=128MB"],
            ports: { postgres: PORT },
            env: {
              PGDATA: `${DATA}/pgdata`,
              POSTGRES_PASSWORD_FILE: `${SECRETS}/superuser-password`,
              POSTGRES_INITDB_ARGS: "--auth-host=scram-sha-256 --data-checksums",
            },
            resources: store.resources,
            mounts: [
              { volume: "data", path: DATA },
              { volume: "run", path: SOCKET },
              { volume: "shm", path: "/dev/shm" },
              { volume: "secrets", path: SECRETS, readOnly: true },
            ],
            // The first start runs initdb; it may take minutes on a slow volume. Every other one is a matter of a second.
            startupProbe: execProbe(isReady, { ...timing, periodSeconds: 1, failureThreshold: 300 }),
            livenessProbe: execProbe(isAlive, { ...timing, failureThreshold: 6 }),
            readinessProbe: execProbe(isReady, { ...timing, failureThreshold: 2 }),
          },
        },
      },
      this.podChild({ dependsOn: [...this.prerequisites], after: args.stopAfter }),
    );
    if (store.backup) {
      new PostgresBackup(
        name,
        {
          placement: args.placement,
          store,
          backup: store.backup,
          secretName: name,
          policy: args.backupPolicy,
          login: loginRole(store),
          readyAfter: [workload],
        },
        { parent: this },
      );
    }
    const { seed } = store;
    const seeded =
      seed && args.seedPolicy
        ? new PostgresSeedJob(
            name,
            {
              placement: args.placement,
              store,
              seed,
              address: args.secretValues?.[seed.dump?.config ?? ""],
              secretName: name,
              policy: args.seedPolicy,
              login: loginRole(store),
              readyAfter: [workload],
            },
            { parent: this },
          ).done
        : [];
    this.connection = toConnection(name, store, password, [workload, ...seeded]);
    this.registerOutputs({ connection: { env: this.connection.env } });
  }
}

/** Name of the claim of a Postgres store's volume. */
export function claimName(store: string): string {
  return `${store}-data`;
}

function toConnection(
  name: string,
  store: ResolvedPostgres,
  password: pulumi.Output<string>,
  ready: readonly pulumi.Resource[],
): Connection {
  const stem = toEnvironmentVariableStem(name);
  return {
    env: {
      [`${stem}_HOST`]: name,
      [`${stem}_PORT`]: String(PORT),
      [`${stem}_DATABASE`]: store.database,
      [`${stem}_USER`]: loginRole(store),
    },
    secretEnv: {
      [`${stem}_PASSWORD`]: password,
      [`${stem}_URL`]: pulumi.interpolate`postgresql://${loginRole(store)}:${password}@${name}:${PORT}/${store.database}`,
    },
    ready,
  };
}
