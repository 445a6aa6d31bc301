import type { ResolvedEnvironment } from "./environment.ts";
import { HTTPS_PORT } from "./network.ts";
import { formatValue, type Problem } from "./problem.ts";
import { compareQuantities } from "./quantity.ts";
import type { ResolvedService } from "./service.ts";
import { SOURCE_STEPS, SOURCE_VOLUMES, type ResolvedSource } from "./source.ts";
import { EPHEMERAL_STORAGE } from "./tiers.ts";

/** Ports of git servers, where the address names none. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { https: HTTPS_PORT, git: 9418 };

/** Finds what contradicts a service's source: the tier, several pods, names and paths that its pod has, a closed network. */
export function findSourceContradictions(
  name: string,
  service: ResolvedService,
  environment: ResolvedEnvironment,
): Problem[] {
  const { source } = service;
  if (!source) return [];
  return [
    ...tierProblems(environment),
    ...replicaProblems(service),
    ...workspaceProblems(source),
    ...nameProblems(name, service),
    ...reachProblems(service, source, environment),
  ];
}

function tierProblems({ tier }: ResolvedEnvironment): Problem[] {
  return tier === "dev"
    ? []
    : [{ path: "source", expected: `none in tier ${tier}: build an image, so that what was tested is what runs` }];
}

/** The migration runs in the pod: two pods would migrate one database at the same time. */
function replicaProblems({ replicas, scaling }: ResolvedService): Problem[] {
  const why = "with a source: each pod runs the migration, and two at once could destroy the schema";
  if (scaling) return [{ path: "scaling", got: formatValue(scaling), expected: `none ${why}` }];
  return replicas > 1 ? [{ path: "replicas", got: formatValue(replicas), expected: `at most 1 ${why}` }] : [];
}

/** The workspace holds more than the scratch space that every container has. */
function workspaceProblems({ workspace }: ResolvedSource): Problem[] {
  const least = EPHEMERAL_STORAGE.limit;
  if (compareQuantities(workspace, least, "bytes") >= 0) return [];
  return [{ path: "source.workspace", got: formatValue(workspace), expected: `at least ${least}` }];
}

function nameProblems(name: string, { volumes }: ResolvedService): Problem[] {
  const steps: readonly string[] = Object.values(SOURCE_STEPS);
  const names: readonly string[] = Object.values(SOURCE_VOLUMES).map((volume) => volume.name);
  const paths: readonly string[] = Object.values(SOURCE_VOLUMES).map((volume) => volume.path);
  const isTaken = (path: string) => paths.some((taken) => path === taken || path.startsWith(`${taken}/`));
  const problems: Problem[] = [];
  if (steps.includes(name)) {
    problems.push({
      path: "source",
      expected: `none in a service called ${name}: ${steps.join(", ")} are containers of a service with a source`,
    });
  }
  for (const [index, volume] of volumes.entries()) {
    if (names.includes(volume.name)) {
      problems.push({
        path: `volumes[${index}].name`,
        got: formatValue(volume.name),
        expected: `a name other than ${names.join(" and ")}, which a service with a source has`,
      });
    }
    if (isTaken(volume.mountPath)) {
      problems.push({
        path: `volumes[${index}].mountPath`,
        got: formatValue(volume.mountPath),
        expected: `a path outside of ${paths.join(" and ")}, which a service with a source has`,
      });
    }
  }
  return problems;
}

/** Without a way to the repository, the clone would wait for minutes and fail. */
function reachProblems(service: ResolvedService, source: ResolvedSource, { network }: ResolvedEnvironment): Problem[] {
  const [, scheme = "", host = "", given] = /^(\w+):\/\/([^/:]+)(?::(\d+))?/.exec(source.repository) ?? [];
  const port = Number(given ?? DEFAULT_PORTS[scheme]);
  const https = port === HTTPS_PORT && (service.internet || network.httpsEgress === "all");
  const declared = service.egress.some(({ ports }) => ports.includes(port));
  if (https || declared || service.calls.includes(host)) return [];
  const ways = [...(port === HTTPS_PORT ? ["internet: true"] : []), `an egress with port ${port}`];
  return [
    {
      path: "source.repository",
      got: formatValue(source.repository),
      expected: `a way to it: ${ways.join(" or ")}; all else is closed`,
    },
  ];
}
