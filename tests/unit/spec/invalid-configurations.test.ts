import assert from "node:assert/strict";
import { InvalidSpecError } from "../../../spec/index.ts";
import { environment, IMAGE, refusal, withService, withStore, type Refusal } from "./environments.ts";
import { sources } from "./wrong-sources.ts";

const SERVICE_KEYS =
  "image, source, command, args, component, identity, replicas, scaling, volumes, ports, calls, startAfter, internet, egress, expose, env, secrets, " +
  "probes, resources, logLevel, metrics, user, serviceAccountToken, terminationGracePeriodSeconds, rollout, disruption, nodePort";
const POSTGRES_KEYS =
  "engine, version, database, username, extensions, passwordRotation, maxConnections, backup, seed, image, storage, resources, deletion";
const REDIS_KEYS = "engine, version, maxMemoryPercent, evictionPolicy, image, storage, resources, deletion";
const NAME = "lower-case letters, digits and '-', starting with a letter and ending with a letter or digit";
const CPU = 'cores such as "250m", "0.5" or "2"';
const BYTES = 'bytes such as "128Mi", "1Gi" or "500M"';
const IMAGE_EXAMPLE = 'an image reference such as "registry.example.com/team/api:1.4.2"';
const SECRET =
  '{ generate: {} } for a random value, or { config: "<key>" } for a value set with ' +
  "`pulumi config set --secret --path secretValues.<key>`; never the value itself";
const RESERVED =
  "a name other than default-deny, allow-dns, allow-https-egress, allow-within-namespace, prometheus, alertmanager, loki, grafana, log-collector, " +
  "kubernetes, which Terrarium uses itself";
const MIGRATION = { dataStore: "db", image: IMAGE, command: ["migrate"] };
const VOLUME = { name: "data", mountPath: "/data", size: "1Gi" };

const shape: readonly Refusal[] = [
  { what: "nothing at all", input: undefined, error: ["(top level): got nothing, expected a map of keys to values"] },
  {
    what: "a list instead of a map",
    input: ["api"],
    error: ['(top level): got ["api"], expected a map of keys to values'],
  },
  {
    what: "a missing tier",
    input: { name: "shop-dev", application: "shop" },
    error: ['tier: got nothing, expected "dev" or "staging" or "prod"'],
  },
  {
    what: "a tier that doesn't exist",
    input: environment({ tier: "production" }),
    error: ['tier: got "production", expected "dev" or "staging" or "prod"'],
  },
  {
    what: "services as a list",
    input: environment({ services: [{ name: "api" }] }),
    error: ["services: got a list of maps, expected a map of names to values"],
  },
  {
    what: "a service without an image",
    input: environment({ services: { api: {} } }),
    error: [`services.api.image: got nothing, expected ${IMAGE_EXAMPLE}`],
  },
  {
    what: "a number where text belongs",
    input: withService({ env: { RETRIES: 5 } }),
    error: ["services.api.env.RETRIES: got 5, expected text: put it in quotes"],
  },
  {
    what: "text where a list belongs",
    input: withService({ calls: "db" }),
    error: ['services.api.calls: got "db", expected a list'],
  },
  {
    what: "text where true or false belongs",
    input: withService({ internet: "yes" }),
    error: ['services.api.internet: got "yes", expected true or false'],
  },
];

const unknownKeys: readonly Refusal[] = [
  {
    what: "an unknown key at the top",
    input: environment({ service: {} }),
    error: [
      "service: no such key; allowed here: name, tier, application, services, dataStores, migrations, network, observability, quota, asleep",
    ],
  },
  {
    what: "an unknown key of a service",
    input: withService({ imgae: "x" }),
    error: [`services.api.imgae: no such key; allowed here: ${SERVICE_KEYS}`],
  },
  {
    what: "two unknown keys of a probe",
    input: withService({ probes: { liveness: { delay: 5, period: 5 } } }),
    error: ["delay", "period"].map(
      (key) =>
        `services.api.probes.liveness.${key}: no such key; allowed here: path, port, initialDelaySeconds, periodSeconds, timeoutSeconds, failureThreshold`,
    ),
  },
  {
    what: "an unknown key of resources",
    input: withService({ resources: { limits: { gpu: 1 } } }),
    error: ["services.api.resources.limits.gpu: no such key; allowed here: cpu, memory"],
  },
  {
    what: "an unknown key of a volume",
    input: withService({ volumes: [{ ...VOLUME, path: "/data" }] }),
    error: ["services.api.volumes[0].path: no such key; allowed here: name, mountPath, size, storageClass"],
  },
  {
    what: "an unknown key of metrics",
    input: withService({ metrics: { prt: "http" } }),
    error: ["services.api.metrics.prt: no such key; allowed here: port, path"],
  },
  {
    what: "a key of Redis on Postgres",
    input: withStore({ engine: "postgres", evictionPolicy: "noeviction" }),
    error: [`dataStores.db.evictionPolicy: no such key; allowed here: ${POSTGRES_KEYS}`],
  },
  {
    what: "a key of Postgres on Redis",
    input: withStore({ engine: "redis", backup: {} }),
    error: [`dataStores.db.backup: no such key; allowed here: ${REDIS_KEYS}`],
  },
  {
    what: "an unknown key of a backup",
    input: withStore({ engine: "postgres", backup: { every: "day" } }),
    error: ["dataStores.db.backup.every: no such key; allowed here: schedule, keep, storage"],
  },
  {
    what: "an unknown key of a migration",
    input: withStore({ engine: "postgres" }, { migrations: { migrate: { ...MIGRATION, seed: true } } }),
    error: [
      "migrations.migrate.seed: no such key; allowed here: dataStore, image, command, env, seedTestCredentials, resources, user, timeoutSeconds, retries",
    ],
  },
  {
    what: "an unknown key of the network",
    input: environment({ network: { egress: "all" } }),
    error: [
      "network.egress: no such key; allowed here: ingressNamespace, ingressPods, dnsNamespace, allowWithinNamespace, httpsEgress, gateway",
    ],
  },
  {
    what: "an unknown key of observability",
    input: environment({ observability: { tempo: {} } }),
    error: [
      "observability.tempo: no such key; allowed here: enabled, serviceMonitors, monitoringNamespace, nodePorts, prometheus, alertmanager, previews, sharedStack, loki, grafana, collector",
    ],
  },
  {
    what: "an unknown key of Grafana",
    input: environment({ observability: { grafana: { retentionDays: 3 } } }),
    error: [
      "observability.grafana.retentionDays: no such key; allowed here: enabled, image, storage, resources, nodePort, hostnames",
    ],
  },
  {
    what: "an unknown key of the quota",
    input: environment({ quota: { gpu: 1 } }),
    error: ["quota.gpu: no such key; allowed here: cpu, memory, storage, pods"],
  },
];

const names: readonly Refusal[] = [
  {
    what: "a service's name with capitals and underscores",
    input: environment({ services: { Api_1: { image: IMAGE } } }),
    error: [`services.Api_1: got "Api_1", expected a name of ${NAME}`],
  },
  {
    what: "a service's name that starts with a digit",
    input: environment({ services: { "1api": { image: IMAGE } } }),
    error: [`services.1api: got "1api", expected a name of ${NAME}`],
  },
  {
    what: "a service's name of 63 characters",
    input: environment({ services: { ["a".repeat(63)]: { image: IMAGE } } }),
    error: [
      `services.${"a".repeat(63)}: got "${"a".repeat(63)}", expected a name of at most 52 characters (this one has 63)`,
    ],
  },
  {
    what: "a data store's name that leaves no room for its backup",
    input: environment({ dataStores: { ["a".repeat(46)]: { engine: "redis" } } }),
    error: [
      `dataStores.${"a".repeat(46)}: got "${"a".repeat(46)}", expected a name of at most 45 characters (this one has 46)`,
    ],
  },
  {
    what: "an environment's name of 63 characters",
    input: environment({ name: "a".repeat(63) }),
    error: [`name: got "${"a".repeat(63)}", expected a name of at most 58 characters (this one has 63)`],
  },
  {
    what: "an application's name with a dot",
    input: environment({ application: "shop.io" }),
    error: [`application: got "shop.io", expected ${NAME}`],
  },
  {
    what: "a name that Terrarium uses",
    input: environment({ services: { grafana: { image: IMAGE } } }),
    error: [`services.grafana: got "grafana", expected ${RESERVED}`],
  },
  {
    what: "an environment in a namespace of the cluster",
    input: environment({ name: "kube-system" }),
    error: [
      'name: got "kube-system", expected a name other than default, kube-system, kube-public, kube-node-lease or "kube-...": these namespaces are the cluster\'s',
    ],
  },
  {
    what: "an environment in the ingress controller's namespace",
    input: environment({ name: "edge", network: { ingressNamespace: "edge" } }),
    error: [
      'name: got "edge", expected another name than network.ingressNamespace: an environment has a namespace of its own',
    ],
  },
  {
    what: "a service and a data store of one name",
    input: withStore({ engine: "redis" }, { services: { db: { image: IMAGE } } }),
    error: ['dataStores.db: got "db", expected a name of its own: services.db has it already'],
  },
  {
    what: "a migration called like a service",
    input: withStore({ engine: "postgres" }, { services: { api: { image: IMAGE } }, migrations: { api: MIGRATION } }),
    error: ['migrations.api: got "api", expected a name of its own: services.api has it already'],
  },
  {
    what: "a service called like another's headless Service",
    input: environment({ services: { api: { image: IMAGE }, "api-headless": { image: IMAGE } } }),
    error: [
      'services.api-headless: got "api-headless", expected a name of its own: the headless Service of services.api has it already',
    ],
  },
  {
    what: "a service called like a store's backup",
    input: withStore({ engine: "postgres" }, { services: { "db-backup": { image: IMAGE } } }),
    error: [
      'services.db-backup: got "db-backup", expected a name of its own: the backup of dataStores.db has it already',
    ],
  },
  {
    what: "an environment variable with a hyphen",
    input: withService({ env: { "LOG-FORMAT": "json" } }),
    error: [
      "services.api.env.LOG-FORMAT: got \"LOG-FORMAT\", expected a name of letters, digits and '_', not starting with a digit",
    ],
  },
];

const references: readonly Refusal[] = [
  {
    what: "a call of something that isn't there",
    input: withService({ calls: ["db", "cache"] }, { dataStores: { db: { engine: "postgres" } } }),
    error: ['services.api.calls[1]: got "cache", expected one of: db'],
  },
  {
    what: "a call where nothing can be called",
    input: withService({ calls: ["db"] }),
    error: ['services.api.calls[0]: got "db", expected another service or a data store: none is declared'],
  },
  {
    what: "a call of itself",
    input: withService({ calls: ["api"] }),
    error: ['services.api.calls[0]: got "api", expected another service than itself'],
  },
  {
    what: "a call given twice",
    input: withService({ calls: ["db", "db"] }, { dataStores: { db: { engine: "redis" } } }),
    error: ['services.api.calls[1]: got "db", expected each name once'],
  },
  {
    what: "a start after something that isn't there",
    input: environment({ services: { api: { image: IMAGE, startAfter: ["auht"] }, auth: { image: IMAGE } } }),
    error: ['services.api.startAfter[0]: got "auht", expected one of: auth'],
  },
  {
    what: "a start after a data store, which calls already mean",
    input: withService({ startAfter: ["db"] }, { dataStores: { db: { engine: "redis" } } }),
    error: ['services.api.startAfter[0]: got "db", expected another service: none is declared'],
  },
  {
    what: "a start after itself",
    input: withService({ startAfter: ["api"] }),
    error: ['services.api.startAfter[0]: got "api", expected another service than itself'],
  },
  {
    what: "services that start after each other",
    input: environment({
      services: {
        a: { image: IMAGE, startAfter: ["b"] },
        b: { image: IMAGE, startAfter: ["c"] },
        c: { image: IMAGE, startAfter: ["b"] },
      },
    }),
    error: ["services.b.startAfter: got b → c → b, expected an order without a cycle"],
  },
  {
    what: "a migration of a store that isn't there",
    input: environment({ migrations: { migrate: MIGRATION } }),
    error: ['migrations.migrate.dataStore: got "db", expected a Postgres data store: none is declared'],
  },
  {
    what: "a migration of Redis",
    input: environment({
      dataStores: { db: { engine: "redis" }, pg: { engine: "postgres" } },
      migrations: { migrate: MIGRATION },
    }),
    error: ['migrations.migrate.dataStore: got "db", expected a Postgres data store: pg'],
  },
  {
    what: "a probe of a port that isn't there",
    input: withService({ probes: { readiness: { port: "admin" } } }),
    error: ['services.api.probes.readiness.port: got "admin", expected a name from ports: http'],
  },
  {
    what: "a probe of a port called like a property of every object",
    input: withService({ probes: { liveness: { port: "constructor" } } }),
    error: ['services.api.probes.liveness.port: got "constructor", expected a name from ports: http'],
  },
  {
    what: "metrics on a port that isn't there",
    input: withService({ metrics: { port: "metrics" } }),
    error: ['services.api.metrics.port: got "metrics", expected a name from ports: http'],
  },
  {
    what: "an exposed port that isn't there",
    input: withService({ ports: { http: 80, grpc: 90 }, expose: { port: "web" } }),
    error: ['services.api.expose.port: got "web", expected a name from ports: http, grpc'],
  },
];

const quantities: readonly Refusal[] = [
  {
    what: "cpu in bytes",
    input: withService({ resources: { limits: { cpu: "1Gi" } } }),
    error: [`services.api.resources.limits.cpu: got "1Gi", expected ${CPU}`],
  },
  {
    what: "memory in milli-bytes",
    input: withService({ resources: { limits: { memory: "512m" } } }),
    error: [`services.api.resources.limits.memory: got "512m", expected ${BYTES}`],
  },
  {
    what: "memory with the wrong case",
    input: withService({ resources: { requests: { memory: "512mb" } } }),
    error: [`services.api.resources.requests.memory: got "512mb", expected ${BYTES}`],
  },
  {
    what: "no cpu at all",
    input: withService({ resources: { requests: { cpu: 0 } } }),
    error: [`services.api.resources.requests.cpu: got 0, expected ${CPU}`],
  },
  {
    what: "a negative size",
    input: withStore({ engine: "redis", storage: { size: "-1Gi" } }),
    error: [`dataStores.db.storage.size: got "-1Gi", expected ${BYTES}`],
  },
  {
    what: "a map as a quantity",
    input: environment({ quota: { memory: {} } }),
    error: [`quota.memory: got an empty map, expected ${BYTES}`],
  },
  {
    what: "a cpu request above its limit",
    input: withService({ resources: { requests: { cpu: "2" }, limits: { cpu: "500m" } } }),
    error: ['services.api.resources.requests.cpu: got "2", expected at most the limit, resources.limits.cpu "500m"'],
  },
  {
    what: "a memory request above its limit, in other units",
    input: withStore({ engine: "redis", resources: { requests: { memory: "1Gi" }, limits: { memory: "1000M" } } }),
    error: [
      'dataStores.db.resources.requests.memory: got "1Gi", expected at most the limit, resources.limits.memory "1000M"',
    ],
  },
  {
    what: "an observability server's request above its limit",
    input: environment({ observability: { loki: { resources: { requests: { cpu: 2 }, limits: { cpu: 1 } } } } }),
    error: ['observability.loki.resources.requests.cpu: got "2", expected at most the limit, resources.limits.cpu "1"'],
  },
];

const networks: readonly Refusal[] = [
  {
    what: "port 0",
    input: withService({ ports: { http: 0 } }),
    error: ["services.api.ports.http: got 0, expected a whole number from 1 to 65535"],
  },
  {
    what: "port 65536",
    input: withService({ ports: { http: 65536 } }),
    error: ["services.api.ports.http: got 65536, expected a whole number from 1 to 65535"],
  },
  {
    what: "half a port",
    input: withService({ ports: { http: 80.5 } }),
    error: ["services.api.ports.http: got 80.5, expected a whole number from 1 to 65535"],
  },
  {
    what: "a port as text",
    input: withService({ ports: { http: "80" } }),
    error: ['services.api.ports.http: got "80", expected a whole number from 1 to 65535'],
  },
  {
    what: "ports without http",
    input: withService({ ports: { web: 80 } }),
    error: [
      'services.api.ports: got a map with the key web, expected a map of names to numbers that has the key "http"',
    ],
  },
  {
    what: "one number for two ports",
    input: withService({ ports: { http: 80, admin: 80 } }),
    error: ["services.api.ports.admin: got 80, expected another number than ports.http"],
  },
  {
    what: "a port's name of 16 characters",
    input: withService({ ports: { http: 80, ["a".repeat(16)]: 81 } }),
    error: [
      `services.api.ports.${"a".repeat(16)}: got "${"a".repeat(16)}", expected a name of at most 15 characters (this one has 16)`,
    ],
  },
  {
    what: "a port's name with two hyphens in a row",
    input: withService({ ports: { http: 80, "a--b": 81 } }),
    error: ["services.api.ports.a--b: got \"a--b\", expected a name of no two '-' in a row"],
  },
  {
    what: "a NodePort below the range",
    input: withService({ nodePort: 8080 }),
    error: ["services.api.nodePort: got 8080, expected a port from 30000 to 32767"],
  },
  {
    what: "a NodePort above every range",
    input: withService({ nodePort: 70000 }),
    error: ["services.api.nodePort: got 70000, expected a port from 30000 to 32767"],
  },
  {
    what: "one NodePort for two",
    input: withService({ nodePort: 30080 }, { observability: { grafana: { nodePort: 30080 } } }),
    error: ["observability.grafana.nodePort: got 30080, expected another port than services.api.nodePort"],
  },
  {
    what: "a host name with an underscore",
    input: withService({ expose: { hostnames: ["my_app.example.com"] } }),
    error: [
      'services.api.expose.hostnames[0]: got "my_app.example.com", expected a DNS name such as "app.example.com" or "*.example.com"',
    ],
  },
  {
    what: "a URL as a host name",
    input: withService({ expose: { hostnames: ["https://example.com"] } }),
    error: [
      'services.api.expose.hostnames[0]: got "https://example.com", expected a DNS name such as "app.example.com" or "*.example.com"',
    ],
  },
  {
    what: "a path without a slash",
    input: withService({ expose: { paths: ["api"] } }),
    error: ['services.api.expose.paths[0]: got "api", expected a URL path, starting with "/", without query'],
  },
  {
    what: "no path at all",
    input: withService({ expose: { paths: [] } }),
    error: ["services.api.expose.paths: got [], expected a list that isn't empty"],
  },
  {
    what: "an egress mode that doesn't exist",
    input: environment({ network: { httpsEgress: true } }),
    error: ['network.httpsEgress: got true, expected "declared" or "all"'],
  },
  {
    what: "a gateway without a namespace",
    input: environment({ network: { gateway: { name: "public" } } }),
    error: ["network.gateway.namespace: got nothing, expected text"],
  },
];

const scale: readonly Refusal[] = [
  {
    what: "fewer than three replicas in prod",
    input: withService({ replicas: 2 }, { tier: "prod" }),
    error: ["services.api.replicas: got 2, expected at least 3 in tier prod"],
  },
  {
    what: "no replicas in staging",
    input: withService({ replicas: 0 }, { tier: "staging" }),
    error: ["services.api.replicas: got 0, expected at least 1 in tier staging"],
  },
  {
    what: "a negative number of replicas",
    input: withService({ replicas: -1 }),
    error: ["services.api.replicas: got -1, expected a whole number from 0 to 1000"],
  },
  {
    what: "an autoscaler that may go below its tier",
    input: withService({ scaling: { minReplicas: 1, maxReplicas: 5 } }, { tier: "prod" }),
    error: ["services.api.scaling.minReplicas: got 1, expected at least 3 in tier prod"],
  },
  {
    what: "an autoscaler whose maximum is below its minimum",
    input: withService({ scaling: { minReplicas: 4, maxReplicas: 3 } }),
    error: ["services.api.scaling.maxReplicas: got 3, expected at least scaling.minReplicas, 4"],
  },
  {
    what: "an autoscaler whose maximum is below the replicas",
    input: withService({ scaling: { maxReplicas: 2 } }, { tier: "prod" }),
    error: ["services.api.scaling.maxReplicas: got 2, expected at least replicas, 3"],
  },
  {
    what: "an autoscaler that starts from nothing",
    input: withService({ replicas: 0, scaling: { maxReplicas: 2 } }),
    error: ["services.api.replicas: got 0, expected at least 1 where scaling is set"],
  },
  {
    what: "an autoscaler without a maximum",
    input: withService({ scaling: { minReplicas: 1 } }),
    error: ["services.api.scaling.maxReplicas: got nothing, expected a whole number from 1 to 1000"],
  },
  {
    what: "a rollout that can't proceed",
    input: withService({ rollout: { maxUnavailable: 0, maxSurge: 0 } }),
    error: [
      "services.api.rollout: got maxUnavailable 0 and maxSurge 0, expected one of them above 0, else no update can proceed",
    ],
  },
];

const images: readonly Refusal[] = [
  {
    what: "an image that is none",
    input: withService({ image: "Shop API" }),
    error: [`services.api.image: got "Shop API", expected ${IMAGE_EXAMPLE}`],
  },
  {
    what: "latest in staging",
    input: withService({ image: "shop/api:latest" }, { tier: "staging" }),
    error: [
      'services.api.image: got "shop/api:latest", expected an image pinned by a tag other than latest, or by digest, in tier staging',
    ],
  },
  {
    what: "no tag in prod",
    input: withService({ image: "shop/api" }, { tier: "prod" }),
    error: [
      'services.api.image: got "shop/api", expected an image pinned by a tag other than latest, or by digest, in tier prod',
    ],
  },
  {
    what: "an unpinned migration, store and observability server in prod",
    input: environment({
      tier: "prod",
      dataStores: { db: { engine: "postgres", image: "postgres:latest" } },
      migrations: { migrate: { ...MIGRATION, image: "shop/api" } },
      observability: { loki: { image: "grafana/loki" } },
    }),
    error: [
      'dataStores.db.image: got "postgres:latest", expected an image pinned by a tag other than latest, or by digest, in tier prod',
      'migrations.migrate.image: got "shop/api", expected an image pinned by a tag other than latest, or by digest, in tier prod',
      'observability.loki.image: got "grafana/loki", expected an image pinned by a tag other than latest, or by digest, in tier prod',
    ],
  },
];

const variables: readonly Refusal[] = [
  {
    what: "the log level as a variable",
    input: withService({ env: { LOG_LEVEL: "debug" } }),
    error: [
      "services.api.env.LOG_LEVEL: expected another name: Terrarium sets LOG_LEVEL; set services.api.logLevel instead",
    ],
  },
  {
    what: "the port as a secret variable",
    input: withService({ secrets: { PORT: { generate: {} } } }),
    error: ["services.api.secrets.PORT: expected another name: Terrarium sets PORT; it is services.api.ports.http"],
  },
  {
    what: "the address of a called service",
    input: environment({
      services: { api: { image: IMAGE, calls: ["auth"], env: { AUTH_URL: "http://x" } }, auth: { image: IMAGE } },
    }),
    error: [
      "services.api.env.AUTH_URL: expected another name: Terrarium sets AUTH_URL; it comes with the call of auth",
    ],
  },
  {
    what: "the password of a called data store",
    input: withService(
      { calls: ["db"], secrets: { DB_PASSWORD: { generate: {} } } },
      { dataStores: { db: { engine: "redis" } } },
    ),
    error: [
      "services.api.secrets.DB_PASSWORD: expected another name: Terrarium sets DB_PASSWORD; it comes with the call of db",
    ],
  },
  {
    what: "one name for a variable and a secret",
    input: withService({ env: { TOKEN: "x" }, secrets: { TOKEN: { generate: {} } } }),
    error: ["services.api.env.TOKEN: expected another name: services.api.secrets.TOKEN has it already"],
  },
  {
    what: "a log level that doesn't exist",
    input: withService({ logLevel: "verbose" }),
    error: ['services.api.logLevel: got "verbose", expected "trace" or "debug" or "info" or "warn" or "error"'],
  },
];

const secrets: readonly Refusal[] = [
  {
    what: "a literal secret",
    input: withService({ secrets: { TOKEN: "hunter2" } }),
    error: [`services.api.secrets.TOKEN: expected ${SECRET}`],
  },
  {
    what: "a literal secret in a map",
    input: withService({ secrets: { TOKEN: { value: "hunter2" } } }),
    error: [`services.api.secrets.TOKEN: expected ${SECRET}`],
  },
  {
    what: "a secret from two sources",
    input: withService({ secrets: { TOKEN: { generate: {}, config: "hunter2" } } }),
    error: [`services.api.secrets.TOKEN: expected ${SECRET}`],
  },
  {
    what: "a literal secret as the key",
    input: withService({ secrets: { TOKEN: { config: "hunter2!" } } }),
    error: [
      "services.api.secrets.TOKEN.config: expected a key of secretValues: letters, digits, '_' and '-', not starting with a digit",
    ],
  },
  {
    what: "a literal secret as the length",
    input: withService({ secrets: { TOKEN: { generate: { length: "hunter2" } } } }),
    error: ["services.api.secrets.TOKEN.generate.length: expected a whole number from 16 to 128"],
  },
  {
    what: "secrets as one text",
    input: withService({ secrets: "hunter2" }),
    error: ["services.api.secrets: expected a map of names to values"],
  },
  {
    what: "secrets inside a list of services",
    input: environment({ services: [{ name: "api", secrets: { TOKEN: "hunter2" } }] }),
    error: ["services: got a list of maps, expected a map of names to values"],
  },
  {
    what: "a password on a data store",
    input: withStore({ engine: "redis", password: "hunter2" }),
    error: [`dataStores.db.password: no such key; allowed here: ${REDIS_KEYS}`],
  },
  {
    what: "a data store as a map with a password only",
    input: withStore({ password: "hunter2" }),
    error: ['dataStores.db.engine: got nothing, expected "postgres" or "redis"'],
  },
  {
    what: "a secret that is too short",
    input: withService({ secrets: { TOKEN: { generate: { length: 8 } } } }),
    error: ["services.api.secrets.TOKEN.generate.length: expected a whole number from 16 to 128"],
  },
  {
    what: "a secret value that isn't set",
    input: withService({ secrets: { TOKEN: { config: "api-token" } } }),
    secretKeys: ["other"],
    error: [
      'services.api.secrets.TOKEN.config: got "api-token", expected a key of secretValues (other); ' +
        "set it with `pulumi config set --secret --path 'secretValues.api-token'`",
    ],
  },
  {
    what: "a secret value where none is set",
    input: withService({ secrets: { TOKEN: { config: "token" } } }),
    secretKeys: [],
    error: [
      'services.api.secrets.TOKEN.config: got "token", expected a key of secretValues (none are set); ' +
        "set it with `pulumi config set --secret --path 'secretValues.token'`",
    ],
  },
];

const dataStores: readonly Refusal[] = [
  {
    what: "an engine that doesn't exist",
    input: withStore({ engine: "mysql" }),
    error: ['dataStores.db.engine: got "mysql", expected "postgres" or "redis"'],
  },
  {
    what: "a data store as text",
    input: withStore("postgres" as unknown as object),
    error: ['dataStores.db: got "postgres", expected a map with the key engine: "postgres" or "redis"'],
  },
  {
    what: "a version of Postgres that isn't offered",
    input: withStore({ engine: "postgres", version: "12" }),
    error: ['dataStores.db.version: got "12", expected "16" or "17"'],
  },
  {
    what: "a version as a number",
    input: withStore({ engine: "postgres", version: 17 }),
    error: ['dataStores.db.version: got 17, expected "16" or "17"'],
  },
  {
    what: "a database's name with a hyphen",
    input: withStore({ engine: "postgres", database: "my-db" }),
    error: [
      "dataStores.db.database: got \"my-db\", expected lower-case letters, digits and '_', not starting with a digit",
    ],
  },
  {
    what: "a database that Postgres brings",
    input: withStore({ engine: "postgres", database: "postgres" }),
    error: [
      'dataStores.db.database: got "postgres", expected a database other than postgres, template0, template1, which Postgres brings',
    ],
  },
  {
    what: "the superuser as the role",
    input: withStore({ engine: "postgres", username: "postgres" }),
    error: ['dataStores.db.username: got "postgres", expected a role other than the superuser "postgres"'],
  },
  {
    what: "a role that Postgres reserves",
    input: withStore({ engine: "postgres", username: "pg_app" }),
    error: [
      'dataStores.db.username: got "pg_app", expected a role that Postgres does not reserve: not "public", "none" or "pg_..."',
    ],
  },
  {
    what: "an extension that isn't offered",
    input: withStore({ engine: "postgres", extensions: ["vector", "postgis"] }),
    error: [
      'dataStores.db.extensions[1]: got "postgis", expected "vector" or "pg_trgm" or "pgcrypto" or "citext" or "hstore" or "unaccent"',
    ],
  },
  {
    what: "too few connections",
    input: withStore({ engine: "postgres", maxConnections: 5 }),
    error: ["dataStores.db.maxConnections: got 5, expected a whole number from 10 to 5000"],
  },
  {
    what: "a backup at no time",
    input: withStore({ engine: "postgres", backup: { schedule: "daily" } }),
    error: [
      'dataStores.db.backup.schedule: got "daily", expected a cron expression of five fields (minute, hour, day, month, weekday) such as "30 2 * * *"',
    ],
  },
  {
    what: "a backup at hour 24",
    input: withStore({ engine: "postgres", backup: { schedule: "0 24 * * *" } }),
    error: [
      'dataStores.db.backup.schedule: got "0 24 * * *", expected a cron expression of five fields (minute, hour, day, month, weekday) such as "30 2 * * *"',
    ],
  },
  {
    what: "a backup as true",
    input: withStore({ engine: "postgres", backup: true }),
    error: ["dataStores.db.backup: got true, expected false, or a map with the keys schedule, keep and storage"],
  },
  {
    what: "test credentials in staging",
    input: withStore(
      { engine: "postgres" },
      { tier: "staging", migrations: { migrate: { ...MIGRATION, seedTestCredentials: true } } },
    ),
    error: [
      "migrations.migrate.seedTestCredentials: got true, expected false in tier staging: test credentials belong in dev and previews only",
    ],
  },
  {
    what: "a migration that runs nothing",
    input: withStore({ engine: "postgres" }, { migrations: { migrate: { ...MIGRATION, command: [] } } }),
    error: ["migrations.migrate.command: got [], expected a list that isn't empty"],
  },
];

const pods: readonly Refusal[] = [
  {
    what: "root as the user",
    input: withService({ user: 0 }),
    error: ["services.api.user: got 0, expected a numeric user id from 1 (root is not allowed)"],
  },
  {
    what: "a user id that Linux doesn't have",
    input: withService({ user: 2 ** 31 }),
    error: ["services.api.user: got 2147483648, expected a numeric user id of at most 2147483647"],
  },
  {
    what: "a volume on /tmp",
    input: withService({ volumes: [{ ...VOLUME, mountPath: "/tmp" }] }),
    error: [
      'services.api.volumes[0].mountPath: got "/tmp", expected a path other than "/" and "/tmp", which is scratch space in every pod',
    ],
  },
  {
    what: "a volume on the root folder",
    input: withService({ volumes: [{ ...VOLUME, mountPath: "/" }] }),
    error: [
      'services.api.volumes[0].mountPath: got "/", expected a path other than "/" and "/tmp", which is scratch space in every pod',
    ],
  },
  {
    what: "a volume called tmp",
    input: withService({ volumes: [{ ...VOLUME, name: "tmp" }] }),
    error: ['services.api.volumes[0].name: got "tmp", expected a name other than "tmp", which every pod has'],
  },
  ...["data", "/data/", "/a/../b", "/a:b", "/a//b"].map((mountPath) => ({
    what: `a volume on "${mountPath}"`,
    input: withService({ volumes: [{ ...VOLUME, mountPath }] }),
    error: [
      `services.api.volumes[0].mountPath: got "${mountPath}", expected an absolute path such as "/data": no ":", no "." or ".." as a part, no "/" at the end`,
    ],
  })),
  {
    what: "two volumes on one path",
    input: withService({ volumes: [VOLUME, { ...VOLUME, name: "more" }] }),
    error: ['services.api.volumes[1].mountPath: got "/data", expected another mountPath than volumes[0]'],
  },
  {
    what: "two volumes of one name",
    input: withService({ volumes: [VOLUME, { ...VOLUME, mountPath: "/more" }] }),
    error: ['services.api.volumes[1].name: got "data", expected another name than volumes[0]'],
  },
  {
    what: "metrics as true",
    input: withService({ metrics: true }),
    error: ["services.api.metrics: got true, expected false, or a map with the keys port and path"],
  },
  {
    what: "an identity that doesn't exist",
    input: withService({ identity: "sticky" }),
    error: ['services.api.identity: got "sticky", expected "none" or "stable"'],
  },
  {
    what: "a probe without an interval",
    input: withService({ probes: { liveness: { periodSeconds: 0 } } }),
    error: ["services.api.probes.liveness.periodSeconds: got 0, expected a whole number of at least 1"],
  },
  {
    what: "no time to stop",
    input: withService({ terminationGracePeriodSeconds: 0 }),
    error: ["services.api.terminationGracePeriodSeconds: got 0, expected a whole number from 1 to 3600"],
  },
];

const sections: Readonly<Record<string, readonly Refusal[]>> = {
  "the wrong shape": shape,
  "unknown keys": unknownKeys,
  "wrong names": names,
  "dangling references": references,
  "wrong quantities": quantities,
  "wrong ports and addresses": networks,
  "wrong numbers of pods": scale,
  "wrong images": images,
  "wrong variables": variables,
  "wrong secrets": secrets,
  "wrong data stores and migrations": dataStores,
  "wrong pods": pods,
  "wrong sources and egress": sources,
};

describe("A configuration is refused for", () => {
  for (const [section, refusals] of Object.entries(sections)) {
    describe(section, () => {
      for (const { what, input, error, secretKeys } of refusals) {
        it(`${what}, and the error says where, what and what is allowed`, () => {
          assert.deepEqual(refusal(input, secretKeys), error);
        });
      }
    });
  }

  it("wrong secrets without ever repeating the value", () => {
    for (const { what, input, secretKeys } of secrets) {
      assert.ok(!refusal(input, secretKeys).join("\n").includes("hunter2"), what);
    }
  });
});

describe("Several problems at once", () => {
  const wrong = {
    name: "Shop",
    tier: "prod",
    application: "shop",
    services: {
      api: { image: "shop/api", calls: ["db", "web", "mail"], replicas: 1 },
      web: { image: IMAGE, ports: { http: 0 }, calls: ["nobody"], colour: "red" },
      db: { image: IMAGE },
    },
    dataStores: { db: { engine: "postgres", version: "9" } },
    migrations: { migrate: { ...MIGRATION, retries: 99 }, seed: { ...MIGRATION, seedTestCredentials: true } },
    quota: { pods: 0 },
  };
  const expected = [
    `name: got "Shop", expected ${NAME}`,
    "services.web.ports.http: got 0, expected a whole number from 1 to 65535",
    `services.web.colour: no such key; allowed here: ${SERVICE_KEYS}`,
    'dataStores.db.version: got "9", expected "16" or "17"',
    "migrations.migrate.retries: got 99, expected a whole number from 0 to 10",
    "quota.pods: got 0, expected a whole number of at least 1",
    'dataStores.db: got "db", expected a name of its own: services.db has it already',
    'services.api.calls[2]: got "mail", expected one of: web, db',
    "services.api.replicas: got 1, expected at least 3 in tier prod",
    "migrations.seed.seedTestCredentials: got true, expected false in tier prod: test credentials belong in dev and previews only",
    'services.api.image: got "shop/api", expected an image pinned by a tag other than latest, or by digest, in tier prod',
  ];

  it("are all reported, what is wrong in itself before what contradicts something else", () => {
    assert.deepEqual(refusal(wrong), expected);
  });

  it("are reported in the same order each time", () => {
    assert.deepEqual(refusal(structuredClone(wrong)), refusal(wrong));
  });

  it("don't hide behind an unknown key at the top", () => {
    assert.deepEqual(refusal(withService({ calls: ["mail"] }, { colour: "red" })), [
      "colour: no such key; allowed here: name, tier, application, services, dataStores, migrations, network, observability, quota, asleep",
      'services.api.calls[0]: got "mail", expected another service or a data store: none is declared',
    ]);
  });

  it("of a wrong entry don't make references to it look wrong", () => {
    const services = { api: { image: IMAGE, calls: ["web", "cache"], startAfter: ["web"] }, web: { image: 5 } };
    assert.deepEqual(refusal(environment({ services, dataStores: { cache: { engine: "redis", version: "1" } } })), [
      `services.web.image: got 5, expected ${IMAGE_EXAMPLE}`,
      'dataStores.cache.version: got "1", expected "7"',
    ]);
  });

  it("are all in the error's list, in the order of its lines", () => {
    const error = new InvalidSpecError([
      { path: "tier", got: '"x"', expected: '"dev"' },
      { path: "foo", expected: "bar", unknownKey: true },
    ]);
    assert.equal(
      error.message,
      'The environment\'s configuration has 2 problems; nothing was changed.\n  tier: got "x", expected "dev"\n  foo: no such key; allowed here: bar',
    );
    assert.deepEqual(
      error.problems.map(({ path }) => path),
      ["tier", "foo"],
    );
  });
});
