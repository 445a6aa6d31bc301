import { diagnose } from "../../doctor/index.ts";
import { gather } from "../../doctor/gather/index.ts";
import { reportDiagnosis } from "../doctor-report.ts";
import { CommandFailure } from "../exit.ts";
import type { ReportFormat } from "../report.ts";
import type { Surroundings } from "../surroundings.ts";
import { sayWhenSlow } from "../when-slow.ts";
import { connect, selectCluster, type TargetOptions } from "./connect.ts";

/**
 * Says what is wrong with a preview environment: reads its object, and the cluster where it runs. The platform service has its
 * state, and says of it what there is to say in the object's conditions.
 *
 * @throws CommandFailure when something is wrong.
 */
export async function doctor(
  surroundings: Surroundings,
  name: string,
  options: TargetOptions & { readonly output: ReportFormat },
): Promise<void> {
  const client = await connect(surroundings, options);
  const [{ metadata, status = {} }, access, toolchain] = await Promise.all([
    client.read(name),
    selectCluster(surroundings, options),
    surroundings.toolchain(["kubectl"]),
  ]);
  const { namespace, phase, conditions = [] } = status;
  if (namespace === undefined && conditions.length === 0) {
    throw new CommandFailure(
      `${name} was not seen by the platform service yet. See that it runs: kubectl get pods -n ${metadata.namespace}`,
    );
  }
  const reading = gather({
    target: {
      name: namespace ?? name,
      repair: `bin/terrarium env describe ${name}`,
      kubectl: kubectlOn(options),
    },
    reader: { kubectl: toolchain.path("kubectl"), access, env: surroundings.env },
    namespaces: namespace === undefined ? [] : [namespace],
    asleep: phase === "Asleep",
    others: [{ source: "conditions", read: Promise.resolve({ conditions }) }],
  });
  const facts = await sayWhenSlow(surroundings, `Reading the cluster and logs of ${name}.`, reading);
  reportDiagnosis(surroundings, diagnose(facts), options.output);
}

/** Start of kubectl's command line for the cluster that options name. */
function kubectlOn({ kubeconfig, context, stack }: TargetOptions): string {
  if (kubeconfig === undefined && context === undefined) return `bin/terrarium kubectl --stack ${stack} --`;
  const where = { kubeconfig, context };
  const given = Object.entries(where).filter(([, value]) => value !== undefined);
  return ["kubectl", ...given.map(([name, value]) => `--${name} ${value ?? ""}`)].join(" ");
}
