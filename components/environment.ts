import * as pulumi from "@pulumi/pulumi";
import {
  backupName,
  LOG_COLLECTOR,
  logNamespaceOf,
  mapValues,
  resolveEnvironment,
  seedName,
  type EnvironmentSpec,
  type ResolvedEnvironment,
  type ResolvedService,
} from "../spec/index.ts";
import type { Placement, Transform } from "./component.ts";
import type { Connection } from "./data-stores/connection.ts";
import type { GoldenSnapshot } from "./data-stores/golden-snapshot.ts";
import { Postgres } from "./data-stores/postgres.ts";
import { Redis } from "./data-stores/redis.ts";
import { Migration } from "./migration.ts";
import { Namespace } from "./namespace.ts";
import { ANY_API_SERVER, EnvironmentPolicies, partPolicy, type ApiServerAddress } from "./network-policies.ts";
import { LOG_NAMESPACE_WAIVERS, tracesUrl } from "./observability/collector.ts";
import { Observability } from "./observability/stack.ts";
import { createPassword } from "./password.ts";
import { Service } from "./service.ts";

/** What the target cluster says about itself. */
export interface ClusterFacts {
  /** Whether the cluster has the ServiceMonitor resource. */
  readonly serviceMonitors: boolean;
  /** Where its API server is, behind the Service. */
  readonly apiServer: readonly ApiServerAddress[];
  /** The snapshots that Postgres stores name, by store; or why there is none. @default nobody has looked: there are none */
  readonly snapshots?: Readonly<Record<string, GoldenSnapshot | MissingSnapshot>>;
}

/** A snapshot that can't be used. */
export interface MissingSnapshot {
  /** Why, for people. */
  readonly missing: string;
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
  /** Addresses of the services and the observability servers inside the cluster, by name. */
  readonly urls: Readonly<Record<string, string>>;
  /** Grafana's admin password; undefined where Grafana is off. */
  readonly grafanaPassword: pulumi.Output<string> | undefined;
  /** Passwords of seeded test users, by the migration or the service from source that seeds; empty outside dev and previews. */
  readonly testUserPasswords: Readonly<Record<string, pulumi.Output<string>>>;

  private readonly environment: ResolvedEnvironment;
  private readonly args: EnvironmentArgs;
  private placement: Placement;
  private readonly checksumKey: pulumi.Output<string>;

  constructor(name: string, args: EnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    const environment = withFacts(resolveEnvironment(args.spec, Object.keys(args.secretValues ?? {})), args.facts);
    super("terrarium:index:Environment", name, {}, opts);
    this.environment = environment;
    this.args = args;
    this.namespace = environment.name;
    this.checksumKey = createPassword(`${name}-checksum-key`, 32, { parent: this });

    const logs = this.createLogNamespace(name);
    this.placement = this.createNamespace(name, logs);
    const { asleep } = environment;
    // What calls a data store starts after it, and stops before it.
    let stopped: (services: readonly pulumi.Resource[]) => void = () => undefined;
    const stopAfter = asleep ? new Promise<readonly pulumi.Resource[]>((resolve) => (stopped = resolve)) : undefined;
    const stores = this.createDataStores(stopAfter);
    const { connections, testUserPasswords } = this.createMigrations(
      mapValues(stores, ({ connection }) => (asleep ? { ...connection, ready: [] } : connection)),
    );
    // Data stores and migrations are what everything waits for in the end. On a machine with few cores all the other
    // objects would keep them from starting, so each of the next two waves is registered once the one before it has what
    // it needs.
    this.startWave([...(this.placement.podPrerequisites ?? []), ...Object.values(stores).flatMap(prerequisitesOf)]);
    const services = this.createServices(connections);
    stopped(Object.values(services).map(({ ready }) => ready));
    this.startWave(Object.values(services).flatMap(prerequisitesOf));
    const observability = this.createObservability(name, logs);

    this.urls = { ...mapValues(services, (service) => service.url), ...observability?.urls };
    const seededBySource = Object.entries(services).flatMap(([service, { testUserPassword }]) =>
      testUserPassword ? [[service, testUserPassword] as const] : [],
    );
    this.testUserPasswords = { ...testUserPasswords, ...Object.fromEntries(seededBySource) };
    this.grafanaPassword = observability?.adminPassword;
    this.registerOutputs({ namespace: this.namespace, urls: this.urls });
  }

  /** The log collector needs a namespace that admits privileged pods. */
  private createLogNamespace(name: string): Namespace | undefined {
    const { application, tier } = this.environment;
    const namespace = logNamespaceOf(this.environment);
    if (namespace === undefined) return undefined;
    return new Namespace(
      `${name}-logs`,
      {
        namespace,
        environment: this.environment.name,
        application,
        tier,
        podSecurity: "privileged",
        waivers: LOG_NAMESPACE_WAIVERS,
        serviceAccountName: LOG_COLLECTOR,
        transform: this.args.transform,
      },
      { parent: this },
    );
  }

  private createNamespace(name: string, logs: Namespace | undefined): Placement {
    const { application, tier, dataStores, quota, asleep } = this.environment;
    const namespace = new Namespace(
      name,
      {
        namespace: this.environment.name,
        environment: this.environment.name,
        application,
        tier,
        serviceAccountName: `${application}-workload`,
        quota,
        alongside: logs ? [logs.target.namespaceResource] : [],
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
    return {
      ...namespace.target,
      asleep,
      podPrerequisites: [...(namespace.target.podPrerequisites ?? []), ...policies],
    };
  }

  private createDataStores(
    stopAfter: Promise<readonly pulumi.Resource[]> | undefined,
  ): Record<string, Postgres | Redis> {
    return mapValues(this.environment.dataStores, (store, name) => {
      const exporter = this.environment.observability.exporters[store.engine].enabled;
      const shared = { ...this.shared(), policy: this.policy(name), stopAfter, exporter };
      return store.engine === "postgres"
        ? new Postgres(
            name,
            {
              ...shared,
              store,
              backupPolicy: this.policy(backupName(name)),
              seedPolicy: this.policy(seedName(name)),
              snapshot: store.snapshot && foundSnapshot(this.args.facts?.snapshots?.[name]),
              secretValues: this.args.secretValues,
            },
            { parent: this },
          )
        : new Redis(name, { ...shared, store }, { parent: this });
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
      const job = new Migration(
        name,
        { ...this.shared(), migration, connection, policy: this.policy(name) },
        { parent: this },
      );
      connections[migration.dataStore] = { ...connection, ready: [...connection.ready, ...job.done] };
      if (job.testUserPassword) testUserPasswords[name] = job.testUserPassword;
    }
    return { connections, testUserPasswords };
  }

  private createServices(connections: Readonly<Record<string, Connection>>): Record<string, Service> {
    const { services, dataStores, network, observability } = this.environment;
    const logs = logNamespaceOf(this.environment);
    const takesTraces = observability.collector.traces !== undefined && logs !== undefined;
    const started = new Map<string, Service>();
    for (const [name, service] of inStartOrder(services)) {
      const called = service.calls.filter((call) => Object.hasOwn(dataStores, call));
      const databases = called.filter((call) => dataStores[call]?.engine === "postgres");
      const resource = new Service(
        name,
        {
          ...this.shared(),
          service,
          policy: this.policy(name),
          peers: Object.fromEntries(
            service.calls.flatMap((call) =>
              portEntry(call, Object.hasOwn(services, call) ? services[call] : undefined),
            ),
          ),
          connections: pick(connections, called),
          database: databases.length === 1 ? databases[0] : undefined,
          secretValues: this.args.secretValues,
          startAfter: service.startAfter.flatMap((other) => started.get(other)?.ready ?? []),
          serviceMonitor: observability.serviceMonitors === "always",
          gateway: network.gateway,
          tracesUrl: takesTraces ? tracesUrl(logs) : undefined,
        },
        { parent: this },
      );
      started.set(name, resource);
    }
    return Object.fromEntries(started);
  }

  private createObservability(name: string, logs: Namespace | undefined): Observability | undefined {
    if (!this.environment.observability.enabled) return undefined;
    return new Observability(
      `${name}-observability`,
      {
        ...this.shared(),
        environment: this.environment,
        apiServer: this.apiServer(),
        secretValues: this.args.secretValues,
        logs: logs && { ...logs.target, registerAfter: this.placement.registerAfter },
      },
      { parent: this },
    );
  }

  /** Registers what is created from now on when these exist. */
  private startWave(after: readonly pulumi.Resource[]): void {
    this.placement = { ...this.placement, registerAfter: created(after) };
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

function foundSnapshot(found: GoldenSnapshot | MissingSnapshot | undefined): GoldenSnapshot | undefined {
  return found && "handle" in found ? found : undefined;
}

function prerequisitesOf(part: { readonly prerequisites: readonly pulumi.Resource[] }): readonly pulumi.Resource[] {
  return part.prerequisites;
}

/** Settles when all of the resources exist, or are planned in a preview; a failure is the engine's to report. */
function created(resources: readonly pulumi.Resource[]): Promise<unknown> {
  return Promise.all(resources.map((resource) => new Promise((resolve) => resource.urn.apply(resolve))));
}

/** Settles what is decided by the cluster. */
function withFacts(environment: ResolvedEnvironment, facts: ClusterFacts | undefined): ResolvedEnvironment {
  const { observability } = environment;
  if (observability.serviceMonitors !== "auto") return environment;
  return {
    ...environment,
    observability: { ...observability, serviceMonitors: facts?.serviceMonitors ? "always" : "never" },
  };
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
