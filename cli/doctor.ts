import { diagnose } from "../doctor/index.ts";
import type { Facts, StateFacts, Target } from "../doctor/facts.ts";
import { ANSWER_MS, gather } from "../doctor/gather/index.ts";
import { readState } from "../doctor/gather/state.ts";
import { declaredEdges, OBSERVABILITY_PORTS } from "../spec/index.ts";
import { environmentNamespaces } from "../stacks/cluster-objects.ts";
import { folderState } from "../stacks/folder-state.ts";
import { openState } from "../stacks/open-state.ts";
import { reportDiagnosis } from "./doctor-report.ts";
import type { ReportFormat } from "./report.ts";
import { Session } from "./session.ts";
import { resolveStack } from "./stack-validation.ts";
import type { Surroundings } from "./surroundings.ts";
import { sayWhenSlow } from "./when-slow.ts";

/** Options of `terrarium doctor`. */
export interface DoctorOptions {
  readonly stack: string;
  readonly output: ReportFormat;
}

/**
 * Says what is wrong with a stack's environment: reads the cluster, the engine's state, Prometheus and logs. Changes nothing.
 *
 * @throws CommandFailure when something is wrong.
 */
export async function doctor(surroundings: Surroundings, { stack, output }: DoctorOptions): Promise<void> {
  const session = new Session(surroundings, stack);
  const line = `Reading the cluster, the engine's state, metrics and logs of ${stack}.`;
  const facts = await sayWhenSlow(surroundings, line, factsOfStack(session));
  reportDiagnosis(surroundings, diagnose(facts), output);
}

async function factsOfStack(session: Session): Promise<Facts> {
  const { surroundings, file } = session;
  const environment = resolveStack(surroundings.checkout, file.stack);
  const found = (await session.current()?.status()) ?? { phase: "absent" };
  const target: Target = {
    name: environment.name,
    stack: file.stack,
    repair: `bin/terrarium up --stack ${file.stack}`,
    kubectl: `bin/terrarium kubectl --stack ${file.stack} --`,
  };
  if (found.phase !== "running") {
    const why = found.phase === "broken" ? `does not work: ${found.reason.replace(/[.?!]+$/, "")}` : "is not there";
    return {
      target: { ...target, repair: file.context === undefined ? target.repair : wayTo(file) },
      now: new Date(),
      clusterProblem: `The cluster of ${file.stack} ${why}.`,
      objects: {},
      logs: [],
      unread: [],
    };
  }
  const { access } = found;
  const toolchain = await surroundings.toolchain(["kubectl"]);
  const reader = { kubectl: toolchain.path("kubectl"), access, env: surroundings.env, timeoutMs: ANSWER_MS };
  // Where it can't be read what there is, nothing else can, which is what is said then.
  const namespaces = await environmentNamespaces(reader, environment.name).catch(() => []);
  return gather({
    target,
    reader,
    namespaces: namespaces.length > 0 ? namespaces : [environment.name],
    calls: declaredEdges(environment),
    asleep: environment.asleep,
    secretNeeds: Object.entries(environment.services).map(([name, { secrets }]) => ({
      name,
      keys: Object.keys(secrets),
    })),
    ...(environment.observability.prometheus.enabled ? { prometheusPort: OBSERVABILITY_PORTS.prometheus } : {}),
    others: [{ source: "engine state", read: stateOf(session) }],
  });
}

/** How to find out about a cluster that `up` can't repair: it is others'. */
function wayTo({ context = "", kubeconfig }: Session["file"]): string {
  const file = kubeconfig === undefined ? "" : ` --kubeconfig ${kubeconfig}`;
  return `See that it runs and can be reached from here: kubectl${file} --context ${context} cluster-info`;
}

/** State and locks, from the backend's own files, else from the engine, which does not tell of locks. */
async function stateOf(session: Session): Promise<Pick<Facts, "state" | "locks" | "unread">> {
  const { state, paths, file, surroundings } = session;
  const address = surroundings.env["PULUMI_BACKEND_URL"] ?? "";
  const files = state.isLocal ? folderState(paths.state) : openState(address);
  if (files !== undefined) {
    try {
      return await readState(files, file);
    } finally {
      await files.close();
    }
  }
  const engine = session.engine(await surroundings.toolchain(["pulumi"]));
  const { deployment } = await engine.exportStack();
  const found: StateFacts = { resources: deployment.resources ?? [], pending: [] };
  return { state: found, unread: [{ source: "locks", why: "only Pulumi reaches them in this backend" }] };
}
