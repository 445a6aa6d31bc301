import { lastLines, runCommand } from "../../clusters/run-command.ts";
import { DEFINITION } from "../../platform/install/names.ts";
import { type ClusterObject, type ClusterReader, listObjects } from "../../stacks/cluster-objects.ts";
import { createdNamespaces } from "../../stacks/exported-state.ts";
import { findRemains, volumesOf } from "../../stacks/remains.ts";
import { CommandFailure, InterruptedFailure } from "../exit.ts";
import { say, type Surroundings } from "../surroundings.ts";
import { openSession } from "./install.ts";
import { findCluster, type TargetOptions } from "./target.ts";

/** Options of `terrarium platform uninstall`. */
export interface UninstallOptions extends TargetOptions {
  /** Goes on although there are Environments; what they stand for stays. */
  readonly abandonEnvironments: boolean;
}

/** Cluster-wide kinds of objects that an installation has. */
const CLUSTER_WIDE = [
  "clusterroles",
  "clusterrolebindings",
  "customresourcedefinitions",
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
];

/** Removes the platform service from a cluster, with the definition of its resource, and proves that it is gone. */
export async function uninstall(surroundings: Surroundings, options: UninstallOptions): Promise<void> {
  const access = await findCluster(surroundings, options);
  const toolchain = await surroundings.toolchain(["pulumi", "kubectl"]);
  const session = await openSession(surroundings, access);
  const engine = session.engine(toolchain, access);
  if (!(await engine.stackExists())) {
    session.state.forget(session.file.stack);
    say(surroundings, `Nothing is installed on ${access.context} from here; nothing to remove.`);
    return;
  }
  const reader: ClusterReader = { kubectl: toolchain.path("kubectl"), access, env: surroundings.env };
  const environments = await listEnvironments(reader);
  if (environments.length > 0 && !options.abandonEnvironments) refuse(environments);
  const namespaces = createdNamespaces(await engine.exportStack());
  const volumes = await volumesOf(reader, namespaces);

  for (const environment of environments) await release(reader, environment);
  const args = ["destroy", "--yes", "--skip-preview", "--suppress-permalink=true"];
  const result = await engine.operation(args);
  if (result.interrupted) throw new InterruptedFailure("Interrupted. Run the same command to go on from here.");
  if (result.code !== 0) {
    throw new CommandFailure(
      "The service is not completely removed; its state is kept. Correct what the messages above name, then run the same command again.",
      result.code,
    );
  }
  const left = [...(await findRemains(reader, namespaces, volumes)), ...(await clusterWide(reader, namespaces))];
  if (left.length > 0) {
    const lines = left.map(({ kind, name, holder }) => `  ${kind} ${name}: ${holder}\n`).join("");
    throw new CommandFailure(`Left in the cluster:\n${lines}Run the same command again when these are gone.`);
  }
  await engine.removeStack(false);
  say(surroundings, `The platform service is removed from ${access.context}.`);
}

async function listEnvironments(reader: ClusterReader): Promise<ClusterObject[]> {
  const [definition] = await listObjects(reader, ["customresourcedefinitions", DEFINITION, "--ignore-not-found"]);
  return definition === undefined ? [] : listObjects(reader, [DEFINITION, "--all-namespaces"]);
}

function refuse(environments: readonly ClusterObject[]): never {
  const names = environments.map(({ metadata }) => metadata.name);
  throw new CommandFailure(
    `There are preview environments: ${names.join(", ")}. Nothing was removed. Delete them first, while the service runs:
  bin/terrarium env delete ${names.join(" ")} --wait
With --abandon-environments they are given up: their namespaces (${names.map((name) => `preview-${name}`).join(", ")}) stay with all that runs in them, and what the service knows of them, their state in its volume included, is lost.`,
  );
}

/** Nobody is there any more to do what the finalizer waits for. */
async function release(reader: ClusterReader, { metadata }: ClusterObject): Promise<void> {
  const { kubeconfig = "", context = "" } = reader.access;
  const target = ["--kubeconfig", kubeconfig, "--context", context, "--namespace", metadata.namespace ?? ""];
  const patch = ["patch", DEFINITION, metadata.name, "--type=merge", '--patch={"metadata":{"finalizers":null}}'];
  const result = await runCommand(reader.kubectl, [...target, ...patch], { env: reader.env });
  if (result.code !== 0 && !/NotFound/.test(result.stderr))
    throw new CommandFailure(`The Environment ${metadata.name} can't be given up: ${lastLines(result)}`);
}

/** What is cluster-wide and still there. */
async function clusterWide(
  reader: ClusterReader,
  namespaces: readonly string[],
): Promise<{ kind: string; name: string; holder: string }[]> {
  const selector = `app.kubernetes.io/component=platform,app.kubernetes.io/instance in (${namespaces.join(",")})`;
  const found = await listObjects(reader, [CLUSTER_WIDE.join(","), "--selector", selector]);
  return found.map(({ kind, metadata }) => ({
    kind,
    name: metadata.name,
    holder: metadata.finalizers?.join(", ") ?? "still there",
  }));
}
