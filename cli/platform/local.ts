import { rmSync } from "node:fs";
import type { RequestedCluster } from "../../clusters/choose.ts";
import type { ClusterAccess } from "../../clusters/provider.ts";
import { writeClusterRecord } from "../../clusters/record.ts";
import { clusterTools } from "../../clusters/registry.ts";
import { lastLines, runCommand } from "../../clusters/run-command.ts";
import { DEFINITION } from "../../platform/install/names.ts";
import { PREVIEW_ENVIRONMENT } from "../../spec/index.ts";
import { CommandFailure } from "../exit.ts";
import { Session } from "../session.ts";
import { say, type Surroundings } from "../surroundings.ts";
import { readableLine } from "./readable-log.ts";
import { explained, runService } from "./run.ts";
import { SAMPLE_REPOSITORY, sampleConfig } from "./sample-config.ts";

/** Options of `terrarium platform local`. */
export interface LocalOptions {
  /** The stack whose cluster it is: the one that `up` would choose. */
  readonly stack: string;
  readonly cluster?: RequestedCluster;
  /** @default one with the sample application */
  readonly config?: string;
}

/** Runs the platform service on this machine against a local cluster, which is brought up first where it does not run. */
export async function local(surroundings: Surroundings, options: LocalOptions): Promise<void> {
  const session = new Session(surroundings, options.stack);
  const config = options.config ?? sampleConfig(surroundings);
  const { readConfigFile } = await import("../../platform/config-file.ts");
  const { namespace } = (await explained(readConfigFile(config))).config;
  const provider = await session.choose(options.cluster);
  const tools = clusterTools[provider.name];
  await surroundings.toolchain([...new Set(["pulumi", "kubectl", ...tools] as const)]);
  const access = await provider.up();
  if (provider.name !== "context") writeClusterRecord(session.paths.checkout, access);
  surroundings.interrupted.throwIfAborted();

  const dataFolder = session.paths.localPlatform;
  // What is recorded of environments on a cluster that is new is wrong: they went with the old one.
  if (access.origin === "created") rmSync(dataFolder, { recursive: true, force: true });
  await prepare(surroundings, access, namespace);
  say(surroundings, `Preview environments are ready to be asked for. In another terminal:\n  ${firstCommand(options)}`);
  const { stdout } = surroundings;
  await runService(surroundings, {
    config,
    cluster: access,
    dataFolder,
    write: (line) => void stdout.write(stdout.isTTY === true ? readableLine(line) : line),
  });
}

function firstCommand({ stack, config }: LocalOptions): string {
  const where = stack === "dev" ? "" : ` --stack ${stack}`;
  const repository = config === undefined ? SAMPLE_REPOSITORY : "<address in your configuration>";
  return `bin/terrarium env create first${where} --repository ${repository} --branch main --wait`;
}

/** What an installation brings along: the resource and the platform's namespace. */
async function prepare(surroundings: Surroundings, access: ClusterAccess, namespace: string): Promise<void> {
  const { environmentDefinition } = await import("../../platform/crd/definition.ts");
  const items = [environmentDefinition(), { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }];
  const kubectl = (await surroundings.toolchain(["pulumi", "kubectl"])).path("kubectl");
  const target = ["--kubeconfig", access.kubeconfig, "--context", access.context];
  const run = async (args: readonly string[], input = ""): Promise<void> => {
    const result = await runCommand(kubectl, [...target, ...args], { env: surroundings.env, input });
    if (result.code !== 0) throw new CommandFailure(`The cluster can't be prepared: ${lastLines(result)}`);
  };
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await run(["apply", "--server-side", "--force-conflicts", "--field-manager=terrarium", "--filename=-"], list);
  // kubectl can't wait for a condition while an object has none at all: names are accepted together with the first.
  for (const state of [`jsonpath={.status.acceptedNames.kind}=${PREVIEW_ENVIRONMENT.kind}`, "condition=Established"])
    await run(["wait", `--for=${state}`, "--timeout=30s", `crd/${DEFINITION}`]);
}
