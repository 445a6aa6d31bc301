import type { ResolvedEnvironment } from "./environment.ts";
import { toEnvironmentVariableStem } from "./names.ts";
import { formatValue, missingSecret, oneOf, type Problem } from "./problem.ts";
import type { ResolvedService } from "./service.ts";
import { findSourceContradictions } from "./source-checks.ts";
import { TIER_DEFAULTS } from "./tiers.ts";

/**
 * Finds what contradicts within one service: ports, volumes, numbers of pods, variables and secrets.
 *
 * @param secretKeys keys of secret values that exist; undefined: not known, so not checked.
 */
export function findServiceContradictions(
  name: string,
  service: ResolvedService,
  environment: ResolvedEnvironment,
  secretKeys: readonly string[] | undefined,
): Problem[] {
  const problems = [
    ...portProblems(service),
    ...volumeProblems(service),
    ...scaleProblems(service, environment),
    ...egressProblems(service),
    ...findSourceContradictions(name, service, environment),
    ...variableProblems(name, service, environment),
    ...secretProblems(service, secretKeys),
  ];
  return problems.map((problem) => ({ ...problem, path: `services.${name}.${problem.path}` }));
}

function portProblems({ ports, probes, expose, metrics }: ResolvedService): Problem[] {
  const owners = new Map<number, string>();
  const duplicates = Object.entries(ports).flatMap(([name, port]): Problem[] => {
    const owner = owners.get(port);
    owners.set(port, name);
    return owner === undefined
      ? []
      : [{ path: `ports.${name}`, got: formatValue(port), expected: `another number than ports.${owner}` }];
  });
  const uses = {
    "probes.liveness.port": probes.liveness.port,
    "probes.readiness.port": probes.readiness.port,
    "probes.startup.port": probes.startup?.port,
    "expose.port": expose?.port,
    "metrics.port": metrics ? metrics.port : undefined,
  };
  const dangling = Object.entries(uses)
    .filter(([, port]) => port !== undefined && !Object.hasOwn(ports, port))
    .map(([path, port]) => ({
      path,
      got: formatValue(port),
      expected: oneOf("a name from ports", Object.keys(ports)),
    }));
  return [...duplicates, ...dangling];
}

function volumeProblems({ volumes }: ResolvedService): Problem[] {
  const repeated = (["name", "mountPath"] as const).flatMap((field) =>
    volumes.flatMap((volume, index): Problem[] => {
      const earlier = volumes.findIndex((other) => other[field] === volume[field]);
      if (earlier === index) return [];
      return [
        {
          path: `volumes[${index}].${field}`,
          got: formatValue(volume[field]),
          expected: `another ${field} than volumes[${earlier}]`,
        },
      ];
    }),
  );
  const taken = volumes.flatMap(({ name, mountPath }, index): Problem[] => [
    ...(name === "tmp"
      ? [
          {
            path: `volumes[${index}].name`,
            got: formatValue(name),
            expected: 'a name other than "tmp", which every pod has',
          },
        ]
      : []),
    ...(mountPath === "/" || mountPath === "/tmp"
      ? [
          {
            path: `volumes[${index}].mountPath`,
            got: formatValue(mountPath),
            expected: 'a path other than "/" and "/tmp", which is scratch space in every pod',
          },
        ]
      : []),
  ]);
  return [...repeated, ...taken];
}

function scaleProblems({ replicas, scaling, rollout }: ResolvedService, { tier }: ResolvedEnvironment): Problem[] {
  const problems: Problem[] = [];
  const { minReplicas } = TIER_DEFAULTS[tier];
  const belowTier = (path: string, got: number) => ({
    path,
    got: formatValue(got),
    expected: `at least ${minReplicas} in tier ${tier}`,
  });
  const fromScaling = scaling?.minReplicas === replicas;
  if (replicas < minReplicas && !fromScaling) problems.push(belowTier("replicas", replicas));
  if (scaling) {
    const lowest = scaling.minReplicas ?? replicas;
    if (scaling.minReplicas !== undefined && lowest < minReplicas)
      problems.push(belowTier("scaling.minReplicas", lowest));
    if (lowest < 1)
      problems.push({ path: "replicas", got: formatValue(lowest), expected: "at least 1 where scaling is set" });
    if (scaling.maxReplicas < lowest) {
      const source = scaling.minReplicas === undefined ? "replicas" : "scaling.minReplicas";
      problems.push({
        path: "scaling.maxReplicas",
        got: formatValue(scaling.maxReplicas),
        expected: `at least ${source}, ${lowest}`,
      });
    }
  }
  if (rollout.maxUnavailable === 0 && rollout.maxSurge === 0) {
    problems.push({
      path: "rollout",
      got: "maxUnavailable 0 and maxSurge 0",
      expected: "one of them above 0, else no update can proceed",
    });
  }
  return problems;
}

function egressProblems({ egress }: ResolvedService): Problem[] {
  return egress.flatMap(({ ports }, index) =>
    ports.flatMap((port, position): Problem[] =>
      ports.indexOf(port) === position
        ? []
        : [{ path: `egress[${index}].ports[${position}]`, got: formatValue(port), expected: "each port once" }],
    ),
  );
}

function variableProblems(
  name: string,
  service: ResolvedService,
  { services, dataStores }: ResolvedEnvironment,
): Problem[] {
  const fixed = new Map<string, string>([
    ["LOG_LEVEL", `set services.${name}.logLevel instead`],
    ["PORT", `it is services.${name}.ports.http`],
    ["POD_NAME", "it is the pod's own name"],
    ["POD_NAMESPACE", "it is the pod's own namespace"],
    ...(service.source ? [["HOME", "it is /tmp, where a source's programs may write"] as const] : []),
    ...(service.source?.seedTestCredentials
      ? [["TEST_USER_PASSWORD", "it is that of the test user whom the migration seeds"] as const]
      : []),
  ]);
  for (const call of service.calls) {
    const endings = Object.hasOwn(services, call)
      ? ["URL"]
      : Object.hasOwn(dataStores, call)
        ? ["HOST", "PORT", "DATABASE", "USER", "PASSWORD", "URL"]
        : [];
    for (const ending of endings)
      fixed.set(`${toEnvironmentVariableStem(call)}_${ending}`, `it comes with the call of ${call}`);
  }
  const [database, ...others] = service.calls.filter((call) => dataStores[call]?.engine === "postgres");
  if (database !== undefined && others.length === 0)
    fixed.set("DATABASE_URL", `it is the address of ${database}, which the service calls`);
  const check = (field: "env" | "secrets") =>
    Object.keys(service[field]).flatMap((key): Problem[] => {
      const reason = fixed.get(key);
      return reason === undefined
        ? []
        : [{ path: `${field}.${key}`, expected: `another name: Terrarium sets ${key}; ${reason}` }];
    });
  const twice = Object.keys(service.env)
    .filter((key) => Object.hasOwn(service.secrets, key))
    .map((key) => ({ path: `env.${key}`, expected: `another name: services.${name}.secrets.${key} has it already` }));
  return [...check("env"), ...check("secrets"), ...twice];
}

function secretProblems(service: ResolvedService, secretKeys: readonly string[] | undefined): Problem[] {
  if (secretKeys === undefined) return [];
  return Object.entries(service.secrets).flatMap(([key, source]): Problem[] => {
    if (!("config" in source) || secretKeys.includes(source.config)) return [];
    return [missingSecret(`secrets.${key}.config`, source.config, secretKeys)];
  });
}
