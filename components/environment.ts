import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { backupName, resolveEnvironment, type EnvironmentSpec, type ResolvedEnvironment, type ResolvedService } from "../spec/index.ts";
import type { Placement, Transform } from "./component.ts";
import type { Connection } from "./data-stores/connection.ts";
import { Postgres } from "./data-stores/postgres.ts";
import { Redis } from "./data-stores/redis.ts";
import { Migration } from "./migration.ts";
import { Namespace } from "./namespace.ts";
import { ANY_API_SERVER, EnvironmentPolicies, partPolicy, type ApiServerAddress } from "./network-policies.ts";
import { Observability } from "./observability/stack.ts";
import { Service } from "./service.ts";

/** What the target cluster says about itself. */
export interface ClusterFacts {
  /** Whether the cluster has the ServiceMonitor resource. */
  readonly serviceMonitors: boolean;
  /** Where its API server is, behind the Service. */
  readonly apiServer: readonly ApiServerAddress[];
}

/** Arguments of {@link Environment}. */
export interface EnvironmentArgs {
  /** The description; checked and completed before anything is created. */
  readonly spec: EnvironmentSpec;
  /** Values that `secrets: { X: { config: key } }` names, by key. @default {} */
  readonly secretValues?: Readonly<Record<string, pulumi.Input<string>>>;
  /** @default no ServiceMonitors, and an API server that may be anywhere */
  readonly facts?: ClusterFacts;
  /** Changes objects on their way to the engine. @default nothing is changed */
  readonly transform?: Transform;
}

/**
 * A full-stack environment in a namespace of its own: default-deny network, data stores, migrations, services and the
 * observability stack, created in the order in which they need each other.
 *
 * @throws InvalidSpecError before any resource is registered.
 */
export class Environment extends pulumi.ComponentResource {
  /** Name of the environment's namespace. */
  readonly namespace: string;
  /** Addresses of the services inside the environment, by name. */
  readonly urls: Readonly<Record<string, string>>;
  /** Grafana's admin password; undefined where Grafana is off. */
  readonly grafanaPassword: pulumi.Output<string> | undefined;
  /** Passwords of seeded test users by migration; empty outside dev and previews. */
  readonly testUserPasswords: Readonly<Record<string, pulumi.Output<string>>>;

  private readonly environment: ResolvedEnvironment;
  private readonly args: EnvironmentArgs;
  private readonly placement: Placement;
  private readonly checksumKey: pulumi.Output<string>;

  constructor(name: string, args: EnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    const environment = withFacts(resolveEnvironment(args.spec, Object.keys(args.secretValues ?? {})), args.facts);
    super("terrarium:index:Environment", name, {}, opts);
    this.environment = environment;
    this.args = args;
    this.namespace = environment.name;
    this.checksumKey = new random.RandomPassword(`${name}-checksum-key`, { length: 32, special: false }, { parent: this }).result;

    this.placement = this.createNamespace(name);
    const stores = this.createDataStores();
    const { connections, testUserPasswords } = this.createMigrations(stores);
    this.urls = this.createServices(connections);
    const observability = this.createObservability(name);

    this.testUserPasswords = testUserPasswords;
    this.grafanaPassword = observability?.adminPassword;
    this.registerOutputs({ namespace: this.namespace, urls: this.urls });
  }

  private createNamespace(name: string): Placement {
    const { application, tier, dataStores, quota } = this.environment;
    const namespace = new Namespace(
      name,
      {
        namespace: this.environment.name,
        environment: this.environment.name,
        application,
        tier,
        serviceAccountName: `${application}-workload`,
        quota,
        protect: Object.values(dataStores).some((store) => store.deletion === "protect"),
        transform: this.args.transform,
      },
      { parent: this },
    );
    const { policies } = new EnvironmentPolicies(
      `${name}-network`,
      { placement: namespace.target, environment: this.environment, transform: this.args.transform },
      { parent: this },
    );
    return { ...namespace.target, podPrerequisites: [...(namespace.target.podPrerequisites ?? []), ...policies] };
  }

  private createDataStores(): Record<string, Connection> {
    return mapValues(this.environment.dataStores, (store, name) => {
      const shared = { ...this.shared(), policy: this.policy(name) };
      return store.engine === "postgres"
        ? new Postgres(name, { ...shared, store, backupPolicy: this.policy(backupName(name)) }, { parent: this }).connection
        : new Redis(name, { ...shared, store }, { parent: this }).connection;
    });
  }

  private createMigrations(stores: Readonly<Record<string, Connection>>): {
    connections: Record<string, Connection>;
    testUserPasswords: Record<string, pulumi.Output<string>>;
  } {
    const connections = { ...stores };
    const testUserPasswords: Record<string, pulumi.Output<string>> = {};
    for (const [name, migration] of Object.entries(this.environment.migrations)) {
      // With the store's earlier migrations to wait for: two at once could lock each other out.
      const connection = connections[migration.dataStore];
      if (!connection) continue; // resolveEnvironment has refused a dangling name
      const job = new Migration(name, { ...this.shared(), migration, connection, policy: this.policy(name) }, { parent: this });
      connections[migration.dataStore] = { ...connection, ready: [...connection.ready, job.done] };
      if (job.testUserPassword) testUserPasswords[name] = job.testUserPassword;
    }
    return { connections, testUserPasswords };
  }

  private createServices(connections: Readonly<Record<string, Connection>>): Record<string, string> {
    const { services, dataStores, network, observability } = this.environment;
    const created = new Map<string, Service>();
    for (const [name, service] of inStartOrder(services)) {
      const called = service.calls.filter((call) => Object.hasOwn(dataStores, call));
      const databases = called.filter((call) => dataStores[call]?.engine === "postgres");
      const resource = new Service(
        name,
        {
          ...this.shared(),
          service,
          policy: this.policy(name),
          peers: Object.fromEntries(service.calls.flatMap((call) => portEntry(call, Object.hasOwn(services, call) ? services[call] : undefined))),
          connections: pick(connections, called),
          database: databases.length === 1 ? databases[0] : undefined,
          secretValues: this.args.secretValues,
          startAfter: service.startAfter.flatMap((other) => created.get(other)?.ready ?? []),
          serviceMonitor: observability.serviceMonitors === "always",
          gateway: network.gateway,
        },
        { parent: this },
      );
      created.set(name, resource);
    }
    return Object.fromEntries(Object.keys(services).flatMap((name) => [[name, created.get(name)?.url ?? ""]]));
  }

  private createObservability(name: string): Observability | undefined {
    if (!this.environment.observability.enabled) return undefined;
    return new Observability(
      `${name}-observability`,
      { ...this.shared(), environment: this.environment, apiServer: this.apiServer() },
      { parent: this },
    );
  }

  private shared() {
    return { placement: this.placement, transform: this.args.transform, checksumKey: this.checksumKey };
  }

  private policy(part: string) {
    return partPolicy(part, this.environment, this.apiServer());
  }

  private apiServer(): readonly ApiServerAddress[] {
    return this.args.facts?.apiServer ?? ANY_API_SERVER;
  }
}

/** Settles what is decided by the cluster. */
function withFacts(environment: ResolvedEnvironment, facts: ClusterFacts | undefined): ResolvedEnvironment {
  const { observability } = environment;
  if (observability.serviceMonitors !== "auto") return environment;
  return { ...environment, observability: { ...observability, serviceMonitors: facts?.serviceMonitors ? "always" : "never" } };
}

/** Services such that each comes after those it starts after; resolveEnvironment has refused cycles. */
function inStartOrder(services: Readonly<Record<string, ResolvedService>>): [string, ResolvedService][] {
  const ordered = new Map<string, ResolvedService>();
  const visit = (name: string): void => {
    const service = services[name];
    if (!service || ordered.has(name)) return;
    service.startAfter.forEach(visit);
    ordered.set(name, service);
  };
  Object.keys(services).forEach(visit);
  return [...ordered];
}

function portEntry(name: string, service: ResolvedService | undefined): [string, number][] {
  const port = service?.ports["http"];
  return port === undefined ? [] : [[name, port]];
}

function pick<T>(record: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => keys.includes(key)));
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, convert: (value: From, key: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, convert(value, key)]));
}
