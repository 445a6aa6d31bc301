import { backupName, seedName } from "./edges.ts";
import type { ResolvedEnvironment } from "./environment.ts";
import { exportersOf } from "./exporter-parts.ts";
import { isPinned } from "./image.ts";
import { CLUSTER_NAMESPACES, RESERVED_NAMES } from "./names.ts";
import { OBSERVABILITY_SERVERS } from "./observability.ts";
import { formatValue, missingSecret, oneOf, type Problem } from "./problem.ts";
import { compareQuantities } from "./quantity.ts";
import type { ResolvedService } from "./service.ts";
import { findServiceContradictions } from "./service-checks.ts";
import { TIER_DEFAULTS, type ResourceDefaults } from "./tiers.ts";

/**
 * Finds what no single field can show: dangling references, names used twice, contradicting values, ordering cycles.
 *
 * @param secretKeys keys of secret values that exist; undefined: not known, so not checked.
 */
export function findContradictions(environment: ResolvedEnvironment, secretKeys?: readonly string[]): Problem[] {
  return [
    ...namespaceProblems(environment),
    ...nameProblems(environment),
    ...Object.entries(environment.services).flatMap(([name, service]) => [
      ...referenceProblems(name, service, environment),
      ...findServiceContradictions(name, service, environment, secretKeys),
    ]),
    ...orderProblems(environment),
    ...migrationProblems(environment),
    ...nodePortProblems(environment),
    ...receiverProblems(environment, secretKeys),
    ...traceProblems(environment),
    ...imageProblems(environment),
    ...resourceProblems(environment),
    ...sleepProblems(environment),
    ...seedProblems(environment, secretKeys),
  ];
}

function seedProblems({ dataStores, tier }: ResolvedEnvironment, secretKeys?: readonly string[]): Problem[] {
  return Object.entries(dataStores).flatMap(([name, store]): Problem[] => {
    if (store.engine !== "postgres") return [];
    const path = `dataStores.${name}.seed`;
    const key = store.seed?.dump?.config;
    const misplaced = tier === "dev" ? [] : (["seed", "snapshot"] as const).filter((field) => store[field]);
    const isUnknown = key !== undefined && secretKeys !== undefined && !secretKeys.includes(key);
    return [
      ...misplaced.map((field) => ({
        path: `dataStores.${name}.${field}`,
        got: `a ${field}`,
        expected: `none in tier ${tier}: ${field}s are for tier dev`,
      })),
      ...(isUnknown
        ? [{ path: `${path}.dump.config`, got: formatValue(key), expected: oneOf("a key of secretValues", secretKeys) }]
        : []),
    ];
  });
}

function sleepProblems({ asleep, tier }: ResolvedEnvironment): Problem[] {
  return asleep && tier !== "dev"
    ? [{ path: "asleep", got: "true", expected: `false in tier ${tier}: only environments of tier dev sleep` }]
    : [];
}

/** An environment owns its namespace and deletes it: it must not be one that is there for something else. */
function namespaceProblems({ name, network, observability }: ResolvedEnvironment): Problem[] {
  const others = {
    "network.ingressNamespace": network.ingressNamespace,
    "network.dnsNamespace": network.dnsNamespace,
    ...(network.gateway ? { "network.gateway.namespace": network.gateway.namespace } : {}),
    "observability.monitoringNamespace": observability.monitoringNamespace,
  };
  if (CLUSTER_NAMESPACES.includes(name) || name.startsWith("kube-")) {
    return [
      {
        path: "name",
        got: formatValue(name),
        expected: `a name other than ${CLUSTER_NAMESPACES.join(", ")} or "kube-...": these namespaces are the cluster's`,
      },
    ];
  }
  const owner = Object.entries(others).find(([, namespace]) => namespace === name)?.[0];
  return owner === undefined
    ? []
    : [
        {
          path: "name",
          got: formatValue(name),
          expected: `another name than ${owner}: an environment has a namespace of its own`,
        },
      ];
}

function nameProblems(environment: ResolvedEnvironment): Problem[] {
  const { services, dataStores, migrations } = environment;
  const parts = Object.entries({ services, dataStores, migrations }).flatMap(([section, entries]) =>
    Object.keys(entries).map((name) => ({ name, path: `${section}.${name}` })),
  );
  const generated = new Map(
    OBSERVABILITY_SERVERS.map((server) => [`${server}-headless`, `the headless Service of ${server}`]),
  );
  for (const name of Object.keys(services))
    generated.set(`${name}-headless`, `the headless Service of services.${name}`);
  for (const [name, store] of Object.entries(dataStores)) {
    generated.set(`${name}-headless`, `the headless Service of dataStores.${name}`);
    if (store.engine !== "postgres") continue;
    generated.set(`${name}-roles`, `the roles of dataStores.${name}`);
    generated.set(backupName(name), `the backup of dataStores.${name}`);
    generated.set(seedName(name), `the seed of dataStores.${name}`);
  }
  for (const { name, store } of exportersOf(environment))
    if (store !== undefined) generated.set(name, `the exporter of dataStores.${store}`);
  const owners = new Map<string, string>();
  return parts.flatMap(({ name, path }): Problem[] => {
    const owner = owners.get(name) ?? generated.get(name);
    owners.set(name, path);
    if (RESERVED_NAMES.includes(name)) {
      return [
        {
          path,
          got: formatValue(name),
          expected: `a name other than ${RESERVED_NAMES.join(", ")}, which Terrarium uses itself`,
        },
      ];
    }
    return owner === undefined
      ? []
      : [{ path, got: formatValue(name), expected: `a name of its own: ${owner} has it already` }];
  });
}

function referenceProblems(
  name: string,
  service: ResolvedService,
  { services, dataStores }: ResolvedEnvironment,
): Problem[] {
  const check = (field: "calls" | "startAfter", what: string, declared: readonly string[]) => {
    const allowed = declared.filter((other) => other !== name);
    return service[field].flatMap((target, index): Problem[] => {
      const found = { path: `services.${name}.${field}[${index}]`, got: formatValue(target) };
      if (target === name) return [{ ...found, expected: "another service than itself" }];
      if (service[field].indexOf(target) !== index) return [{ ...found, expected: "each name once" }];
      return allowed.includes(target)
        ? []
        : [{ ...found, expected: oneOf(allowed.length > 0 ? "one of" : what, allowed) }];
    });
  };
  return [
    ...check("calls", "another service or a data store", [...Object.keys(services), ...Object.keys(dataStores)]),
    ...check("startAfter", "another service", Object.keys(services)),
  ];
}

function orderProblems({ services }: ResolvedEnvironment): Problem[] {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of services[name]?.startAfter ?? []) {
      const cycle = next === name ? undefined : visit(next, [...trail, name]);
      if (cycle) return cycle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of Object.keys(services)) {
    const cycle = visit(name, []);
    if (cycle)
      return [
        { path: `services.${cycle[0]}.startAfter`, got: cycle.join(" → "), expected: "an order without a cycle" },
      ];
  }
  return [];
}

function migrationProblems({ migrations, dataStores, tier }: ResolvedEnvironment): Problem[] {
  const stores = Object.entries(dataStores)
    .filter(([, store]) => store.engine === "postgres")
    .map(([name]) => name);
  return Object.entries(migrations).flatMap(([name, migration]): Problem[] => [
    ...(stores.includes(migration.dataStore)
      ? []
      : [
          {
            path: `migrations.${name}.dataStore`,
            got: formatValue(migration.dataStore),
            expected: oneOf("a Postgres data store", stores),
          },
        ]),
    ...(migration.seedTestCredentials && tier !== "dev"
      ? [
          {
            path: `migrations.${name}.seedTestCredentials`,
            got: "true",
            expected: `false in tier ${tier}: test credentials belong in dev and previews only`,
          },
        ]
      : []),
  ]);
}

function nodePortProblems({ services, observability }: ResolvedEnvironment): Problem[] {
  const { prometheus, alertmanager, loki, grafana } = observability;
  const owners = new Map<number, string>();
  return Object.entries({ services, observability: { prometheus, alertmanager, loki, grafana } }).flatMap(
    ([section, entries]) =>
      Object.entries(entries as Record<string, { readonly nodePort?: number }>).flatMap(
        ([name, { nodePort }]): Problem[] => {
          if (nodePort === undefined) return [];
          const path = `${section}.${name}.nodePort`;
          const owner = owners.get(nodePort);
          owners.set(nodePort, path);
          return owner === undefined
            ? []
            : [{ path, got: formatValue(nodePort), expected: `another port than ${owner}` }];
        },
      ),
  );
}

function receiverProblems(
  { observability: { alertmanager } }: ResolvedEnvironment,
  secretKeys: readonly string[] | undefined,
): Problem[] {
  if (!alertmanager.enabled || secretKeys === undefined) return [];
  return Object.entries(alertmanager.receivers).flatMap(([severity, { secret }]): Problem[] =>
    secretKeys.includes(secret.config)
      ? []
      : [missingSecret(`observability.alertmanager.receivers.${severity}.secret.config`, secret.config, secretKeys)],
  );
}

function traceProblems({ observability: { enabled, loki, collector } }: ResolvedEnvironment): Problem[] {
  if (!enabled || collector.traces === undefined || (loki.enabled && collector.enabled)) return [];
  return [
    {
      path: "observability.collector.traces",
      got: formatValue(collector.traces.endpoint),
      expected: "none where no collector runs: it takes observability.loki and observability.collector, both enabled",
    },
  ];
}

function imageProblems(environment: ResolvedEnvironment): Problem[] {
  if (TIER_DEFAULTS[environment.tier].unpinnedImages) return [];
  const { services, dataStores, migrations, observability } = environment;
  const { prometheus, alertmanager, loki, grafana, collector } = observability;
  const sections = {
    services,
    dataStores,
    migrations,
    observability: { prometheus, alertmanager, loki, grafana, collector },
  };
  return Object.entries(sections).flatMap(([section, entries]) =>
    Object.entries(entries as Record<string, { readonly image: string }>)
      .filter(([, { image }]) => !isPinned(image))
      .map(([name, { image }]) => ({
        path: `${section}.${name}.image`,
        got: formatValue(image),
        expected: `an image pinned by a tag other than latest, or by digest, in tier ${environment.tier}`,
      })),
  );
}

function resourceProblems({ services, dataStores, migrations, observability }: ResolvedEnvironment): Problem[] {
  const { prometheus, alertmanager, loki, grafana, collector } = observability;
  const sections = {
    services,
    dataStores,
    migrations,
    observability: { prometheus, alertmanager, loki, grafana, collector },
  };
  return Object.entries(sections).flatMap(([section, entries]) =>
    Object.entries(entries as Record<string, { readonly resources: ResourceDefaults }>).flatMap(
      ([name, { resources }]) =>
        (
          [
            ["cpu", "cpu"],
            ["memory", "bytes"],
          ] as const
        )
          .filter(([field, kind]) => compareQuantities(resources.requests[field], resources.limits[field], kind) > 0)
          .map(([field]) => ({
            path: `${section}.${name}.resources.requests.${field}`,
            got: formatValue(resources.requests[field]),
            expected: `at most the limit, resources.limits.${field} ${formatValue(resources.limits[field])}`,
          })),
    ),
  );
}
