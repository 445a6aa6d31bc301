import { Command, CommanderError, Help, InvalidArgumentError, Option } from "commander";
import { requestableClusters, type RequestedCluster } from "../clusters/choose.ts";
import { addCheckCommand } from "./check/options.ts";
import type { Recipient } from "../gitops/sops.ts";
import { addCompletionCommand } from "./completion/command.ts";
import type { DashboardOptions } from "./dashboard.ts";
import { bootstrapDev, cleanupDev, devStatus, testIntegrationDev } from "./dev.ts";
import { doctor } from "./doctor.ts";
import { down } from "./down.ts";
import { addEnvironmentCommands } from "./environments/commands.ts";
import { CommandFailure, exitCodes } from "./exit.ts";
import { gitops, gitOpsFormats, type GitOpsOptions } from "./gitops.ts";
import { handover } from "./handover.ts";
import { images } from "./images.ts";
import { kubectl } from "./kubectl.ts";
import { netcheck, type OutsideAddress, parseOutside } from "./netcheck.ts";
import { policyConfigurationOption, portNumber, recipient, stackName, stackOption, timeSpan } from "./options.ts";
import { addPlatformCommand } from "./platform/commands.ts";
import { preview } from "./preview.ts";
import { render } from "./render.ts";
import { type ReportFormat, reportFormats } from "./report.ts";
import { printEnvironment } from "./shell-environment.ts";
import { status } from "./status.ts";
import type { Surroundings } from "./surroundings.ts";
import { up } from "./up.ts";
import { validate, type ValidateOptions } from "./validate.ts";

/**
 * Runs one command.
 *
 * @param args as typed, without the program's name.
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted, those of `check`, else Pulumi's own.
 */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    await createProgram(surroundings).parseAsync([...args], { from: "user" });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
    if (surroundings.interrupted.aborted) {
      surroundings.stderr.write("Interrupted.\n");
      return exitCodes.interrupted;
    }
    const message = error instanceof Error ? error.message : String(error);
    if (message !== "") surroundings.stderr.write(`terrarium: ${message}\n`);
    return error instanceof CommandFailure ? error.exitCode : exitCodes.failure;
  }
}

/** Flags are off unless they are given, which goes without saying. */
function withoutOff(option: Option): string {
  return new Help().optionDescription(option).replace(" (default: false)", "");
}

function createProgram(surroundings: Surroundings): Command {
  const program = new Command("terrarium")
    .description("Full-stack Kubernetes environments on the real Pulumi engine: one command up, one command down.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void surroundings.stdout.write(text),
      writeErr: (text) => void surroundings.stderr.write(text),
    })
    .showHelpAfterError("(--help shows what is possible)")
    .configureHelp({ optionDescription: withoutOff })
    .addHelpText(
      "after",
      `
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted; up and preview pass on Pulumi's own.
            check: 0 nothing, 3 changes, 4 forbidden by policies, 5 data would be lost.
Files:      .terrarium/ in the checkout (state, credentials), TERRARIUM_CACHE or the user's cache folder (tools).`,
    );

  program
    .command("up")
    .description("bring an environment up: tools, cluster and resources; running it again changes nothing")
    .addOption(stackOption())
    .addOption(
      new Option("--cluster <kind>", "use this kind of local cluster instead of choosing one").choices(
        requestableClusters,
      ),
    )
    .option("--yes", "do not ask (it never asks; for use in scripts written for pulumi)")
    .option("--plan <file>", "do nothing that is not in this plan of `preview --save-plan`")
    .addOption(outputOption())
    .action((options: { stack: string; cluster?: RequestedCluster; output: ReportFormat; plan?: string }) =>
      up(surroundings, options),
    );

  program
    .command("down")
    .description("remove an environment, prove that it is gone, and remove the local cluster with its last stack")
    .addOption(stackOption())
    .option("--delete-data", "also delete resources that are protected because they hold data", false)
    .action((options: { stack: string; deleteData: boolean }) => down(surroundings, options));

  program
    .command("status")
    .description("show what runs, where, and under which addresses")
    .addOption(stackOption())
    .addOption(outputOption())
    .action((options: { stack: string; output: ReportFormat }) => status(surroundings, options));

  program
    .command("preview")
    .description("show what `up` would change")
    .addOption(stackOption())
    .option("--diff", "show every changed property", false)
    .option("--save-plan <file>", "save the plan in a file; `up --plan` then does what it says and nothing else")
    .action((options: { stack: string; diff: boolean; savePlan?: string }) => preview(surroundings, options));

  program
    .command("render")
    .description("write the manifests of a stack as files, without a cluster and without secrets")
    .addOption(stackOption())
    .requiredOption("--out <folder>", "folder to write to; must be empty or written by this command")
    .action((options: { stack: string; out: string }) => render(surroundings, options));

  program
    .command("gitops")
    .description("write stacks for Flux or kustomize: a base, an overlay for each stack, encrypted Secrets")
    .requiredOption("--out <folder>", "folder to write to, usually in a git repository; what is beside stays")
    .addOption(
      new Option("--format <format>", "overlays of a kustomize base, or Helm charts with Flux's HelmReleases")
        .choices(gitOpsFormats)
        .default("kustomize"),
    )
    .addOption(
      new Option("--stacks <names>", "stacks to write; what they share becomes the base")
        .default(["dev", "staging", "prod"], "dev,staging,prod")
        .argParser((value: string) => value.split(",").map(stackName)),
    )
    .addOption(
      new Option("--recipient <key>", "public age key that can decrypt Secrets, or stack=key; may be repeated")
        .default([], "who is in .sops.yaml of the folder")
        .argParser((value: string, earlier: Recipient[]) => [...earlier, recipient(value)]),
    )
    .option("--cluster-facts", "ask each stack's cluster what `up` would ask it", false)
    .addOption(
      new Option("--timeout <time>", "how long each run of pulumi or sops may take, e.g. 30m")
        .default(600_000, "10m")
        .argParser(timeSpan),
    )
    .action((options: Omit<GitOpsOptions, "recipients"> & { recipient: Recipient[] }) =>
      gitops(surroundings, { ...options, recipients: options.recipient }),
    );

  program
    .command("handover")
    .description("leave a stack's objects to GitOps: they stay in the cluster, and the stack forgets them")
    .addOption(stackOption())
    .action((options: { stack: string }) => handover(surroundings, options));

  program
    .command("images")
    .description(
      "make the images of a stack, or those that are named, and load them into its local cluster when that runs",
    )
    .argument("[images...]", "e.g. terrarium/clock:0.1.0 or, with a shell in it, terrarium/clock:0.1.0-debug")
    .addOption(devStackOption())
    .action((references: string[], options: { stack: string }) => images(surroundings, { ...options, references }));

  program
    .command("bootstrap-dev")
    .description("bring up a local cluster with real pods: images, stack, test credentials, ports on this machine")
    .addOption(devStackOption())
    .addOption(
      new Option("--cluster <kind>", "kind where Podman or Docker runs, else host: this machine, as root").choices([
        "kind",
        "host",
      ]),
    )
    .action((options: { stack: string; cluster?: RequestedCluster }) => bootstrapDev(surroundings, options));

  program
    .command("cleanup-dev")
    .description("remove what bootstrap-dev brought up, its data included")
    .addOption(devStackOption())
    .action((options: { stack: string }) => cleanupDev(surroundings, options));

  program
    .command("dev-status")
    .description("show what bootstrap-dev brought up, and the ports of this machine that lead to it")
    .addOption(devStackOption())
    .addOption(outputOption())
    .action((options: { stack: string; output: ReportFormat }) => devStatus(surroundings, options));

  program
    .command("test-integration-dev")
    .description("run the integration tests against the stack that bootstrap-dev brought up; it stays up")
    .addOption(devStackOption())
    .option("--grep <pattern>", "only tests whose name matches")
    .action((options: { stack: string; grep?: string }) => testIntegrationDev(surroundings, options));

  program
    .command("validate")
    .description(
      "check a stack without a cluster: configuration, policies, schemas, Prometheus; or the configuration of all stacks",
    )
    .addOption(
      new Option("-s, --stack <name>", "stack to check; the configuration of all when left out").argParser(stackName),
    )
    .addOption(outputOption())
    .addOption(policyConfigurationOption())
    .action((options: ValidateOptions) => validate(surroundings, options));

  program
    .command("netcheck")
    .description(
      "prove the network policies from inside: try every connection, declared or not, and show which get through",
    )
    .addOption(stackOption())
    .option("--only-differences", "show only connections that are not as declared", false)
    .addOption(
      new Option(
        "--outside <host:port>",
        "address that stands for the world outside; default: one on this machine",
      ).argParser(outsideAddress),
    )
    .addOption(outputOption())
    .action((options: { stack: string; onlyDifferences: boolean; outside?: OutsideAddress; output: ReportFormat }) =>
      netcheck(surroundings, options),
    );

  program
    .command("doctor")
    .description("say what is wrong with an environment, the most likely cause first, with evidence and next step")
    .addOption(stackOption())
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Exit codes: 0 nothing is wrong, as far as can be seen; 1 something is, or the cluster can't be asked; 2 there is no such stack.
It changes nothing, and ends within a minute. For a preview environment: terrarium env doctor NAME`,
    )
    .action((options: { stack: string; output: ReportFormat }) => doctor(surroundings, options));

  program
    .command("dashboard")
    .description(
      "open a port of this machine that leads to the dashboard of an installed platform service, until Ctrl-C",
    )
    .addOption(stackOption())
    .option("--kubeconfig <file>", "kubeconfig file of the cluster; default: the cluster of the stack")
    .option("--context <name>", "context of the kubeconfig; default: with --kubeconfig its current one")
    .option("-n, --namespace <name>", "namespace of the platform service", "terrarium")
    .addOption(new Option("--port <number>", "port of this machine; default: one that is free").argParser(portNumber))
    .option("--open", "open a browser", false)
    .action(async (options: DashboardOptions) => (await import("./dashboard.ts")).dashboard(surroundings, options));

  program
    .command("shellenv")
    .description('print shell lines for plain pulumi and kubectl: eval "$(bin/terrarium shellenv)"')
    .action(() => printEnvironment(surroundings));

  program
    .command("kubectl")
    .description("run kubectl on the stack's cluster: terrarium kubectl -- get pods -A")
    .addOption(stackOption())
    .argument("[args...]", "arguments of kubectl, after --")
    .action((args: string[], options: { stack: string }) => kubectl(surroundings, options.stack, args));

  addCheckCommand(program, surroundings);
  addEnvironmentCommands(program, surroundings);
  addPlatformCommand(program, surroundings);
  addCompletionCommand(program, surroundings);

  return program;
}

/** The stack whose images can all be made on machines that reach package registries only. */
function devStackOption(): Option {
  return stackOption().default("local");
}

function outputOption(): Option {
  return new Option("-o, --output <format>", "format of the result").choices(reportFormats).default("table");
}

function outsideAddress(value: string): OutsideAddress {
  const address = parseOutside(value);
  if (address === undefined) throw new InvalidArgumentError("Allowed is HOST:PORT, e.g. 192.0.2.1:443.");
  return address;
}
