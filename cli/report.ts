import { stringify } from "yaml";
import type { ClusterAccess } from "../clusters/provider.ts";
import type { RouteReport } from "../stacks/route-status.ts";
import type { Forward } from "./forwards/index.ts";
import type { Workload } from "./inventory.ts";
import { formatTable } from "./table.ts";

/** Formats of results. */
export const reportFormats = ["table", "json", "yaml"] as const;

/** A format of results. */
export type ReportFormat = (typeof reportFormats)[number];

/** What is known of an environment; the shape of `-o json` and `-o yaml`. */
export interface EnvironmentReport {
  readonly stack: string;
  readonly phase: "absent" | "running" | "broken";
  /** Why the phase is broken. */
  readonly reason?: string;
  readonly cluster?: Pick<ClusterAccess, "provider" | "context" | "kubeconfig" | "simulatedPods">;
  readonly namespaces: readonly string[];
  readonly workloads: readonly Workload[];
  /** What gateways say of the environment's HTTPRoutes. */
  readonly routes: readonly RouteReport[];
  /** Address by name, from the stack's outputs. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Ports of this machine that lead to Services, where `bootstrap-dev` opened them. */
  readonly forwards?: readonly Forward[];
}

/** Writes a report in a format. */
export function formatReport(report: EnvironmentReport, format: ReportFormat): string {
  if (format === "json") return `${JSON.stringify(report, null, 2)}\n`;
  if (format === "yaml") return stringify(report);
  return formatForPeople(report);
}

function formatForPeople({
  stack,
  phase,
  reason,
  cluster,
  namespaces,
  workloads,
  routes,
  addresses,
}: EnvironmentReport): string {
  if (phase === "absent") return `${stack} is not up. Bring it up with: bin/terrarium up --stack ${stack}\n`;
  if (phase === "broken")
    return `${stack} is broken: ${reason ?? "unknown reason"}. Repair it with: bin/terrarium up --stack ${stack}\n`;
  const table = formatTable(
    ["KIND", "NAME", "READY", "IMAGE"],
    workloads.map(({ kind, name, ready, desired, images }) => [
      kind,
      name,
      kind === "CronJob" ? "-" : `${ready}/${desired}`,
      images.join(", "),
    ]),
  );
  const routeTable = formatTable(
    ["ROUTE", "HOSTS", "GATEWAY", "STATE"],
    routes.map(({ name, hostnames, gateway, state, reason }) => [
      name,
      hostnames.join(", ") || "all of the gateway",
      gateway,
      reason === undefined ? state : `${state} (${reason})`,
    ]),
  );
  const where = [
    ...(cluster
      ? [
          `cluster    ${cluster.provider}, context ${cluster.context}${cluster.simulatedPods ? " (pods are simulated)" : ""}`,
        ]
      : []),
    `namespace  ${namespaces.join(", ") || "none"}`,
    ...Object.entries(addresses).map(([name, address]) => `${name.padEnd(9)}  ${address}`),
  ];
  const namespace = namespaces[0] === undefined ? "" : ` -n ${namespaces[0]}`;
  const next = formatTable(
    ["next", ""],
    [
      ["  look", `bin/terrarium status --stack ${stack}`],
      ["  kubectl", `bin/terrarium kubectl --${namespace} get all`],
      ["  shell", 'eval "$(bin/terrarium shellenv)"'],
      ["  remove", `bin/terrarium down --stack ${stack}`],
    ],
  );
  return `${table}\n${routes.length > 0 ? `${routeTable}\n` : ""}${where.join("\n")}\n\n${next}`;
}
