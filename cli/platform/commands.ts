import { type Command, Option } from "commander";
import { requestableClusters } from "../../clusters/choose.ts";
import { stackOption } from "../options.ts";
import type { Surroundings } from "../surroundings.ts";
import type { InstallOptions } from "./install.ts";
import type { LocalOptions } from "./local.ts";
import type { RunOptions } from "./run.ts";
import type { UninstallOptions } from "./uninstall.ts";

const CONFIG = "configuration of the platform: docs/reference/platform-configuration.md";
const SAMPLE = `${CONFIG}; default: one with the sample application`;

/** Adds `terrarium platform`: the service that drives preview environments. What each does is loaded when it is used. */
export function addPlatformCommand(program: Command, surroundings: Surroundings): void {
  const platform = program
    .command("platform")
    .description("the service that drives preview environments in a cluster: local, install, uninstall, run");

  platform
    .command("local")
    .description("run the platform service on this machine, against a local cluster that it brings up")
    .addOption(stackOption())
    .addOption(
      new Option("--cluster <kind>", "use this kind of local cluster instead of choosing one").choices(
        requestableClusters,
      ),
    )
    .option("--config <file>", SAMPLE)
    .action(async (options: LocalOptions) => (await import("./local.ts")).local(surroundings, options));

  addTarget(platform.command("install"))
    .description("install the platform service into a cluster, or bring it to what its configuration says now")
    .option("--config <file>", SAMPLE)
    .option("--image <reference>", "image of the service; default: that of this version")
    .action(async (options: InstallOptions) => (await import("./install.ts")).install(surroundings, options));

  addTarget(platform.command("uninstall"))
    .description("remove the platform service from a cluster, and prove that it is gone")
    .option("--abandon-environments", "leave running what preview environments there are, and forget them", false)
    .action(async (options: UninstallOptions) => (await import("./uninstall.ts")).uninstall(surroundings, options));

  platform
    .command("run")
    .description("run the platform service until it is ended; the log goes to the standard output")
    .requiredOption("--config <file>", CONFIG)
    .option("--kubeconfig <file>", "how to reach the cluster; default: the service account of the pod it runs in")
    .option("--context <name>", "context of the kubeconfig; default: its current one")
    .option("--data <folder>", "folder for state that lies on this machine; default: .terrarium/platform")
    .action(async (options: RunOptions) => (await import("./run.ts")).run(surroundings, options));
}

function addTarget(command: Command): Command {
  return command
    .addOption(stackOption())
    .option("--kubeconfig <file>", "kubeconfig file of the cluster; default: the cluster of the stack")
    .option("--context <name>", "context of the kubeconfig; default: with --kubeconfig its current one");
}
