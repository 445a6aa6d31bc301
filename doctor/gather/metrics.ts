import { type ClusterReader, runKubectl } from "../../stacks/cluster-objects.ts";
import { lastLines } from "../../clusters/run-command.ts";
import type { DownTarget, Facts, FiringAlert } from "../facts.ts";

/** What Prometheus tells. */
export type MetricsFacts = Pick<Facts, "downTargets" | "alerts" | "unread">;

interface TargetsAnswer {
  readonly data?: {
    readonly activeTargets?: readonly {
      readonly health?: string;
      readonly lastError?: string;
      readonly labels?: { readonly service?: string; readonly pod?: string };
    }[];
  };
}

interface AlertsAnswer {
  readonly data?: {
    readonly alerts?: readonly {
      readonly state?: string;
      readonly labels?: { readonly alertname?: string; readonly service?: string; readonly severity?: string };
      readonly annotations?: { readonly summary?: string };
    }[];
  };
}

/** Asks an environment's Prometheus what it can't read and which alerts fire. */
export async function gatherMetrics(reader: ClusterReader, namespace: string, port: number): Promise<MetricsFacts> {
  const service = `/api/v1/namespaces/${namespace}/services/prometheus:${port}/proxy/api/v1`;
  try {
    const [targets, alerts] = await Promise.all([
      ask<TargetsAnswer>(reader, `${service}/targets?state=active`),
      ask<AlertsAnswer>(reader, `${service}/alerts`),
    ]);
    return { downTargets: downIn(targets), alerts: firingIn(alerts), unread: [] };
  } catch (error) {
    return { unread: [{ source: "metrics", why: error instanceof Error ? error.message : String(error) }] };
  }
}

async function ask<T>(reader: ClusterReader, path: string): Promise<T> {
  const result = await runKubectl(reader, ["get", "--raw", path]);
  if (result.code !== 0) throw new Error(`Prometheus does not answer: ${lastLines(result, 1)}`);
  return JSON.parse(result.stdout) as T;
}

function downIn({ data }: TargetsAnswer): DownTarget[] {
  const down = (data?.activeTargets ?? []).filter(({ health }) => health === "down");
  return down.map(({ lastError = "", labels }) => ({
    service: labels?.service ?? "",
    pod: labels?.pod ?? "",
    error: lastError,
  }));
}

function firingIn({ data }: AlertsAnswer): FiringAlert[] {
  const firing = (data?.alerts ?? []).filter(({ state }) => state === "firing");
  return firing.map(({ labels, annotations }) => ({
    name: labels?.alertname ?? "",
    service: labels?.service,
    severity: labels?.severity ?? "",
    summary: annotations?.summary ?? "",
  }));
}
