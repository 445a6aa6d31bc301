import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { lastLines, runCommand } from "../clusters/run-command.ts";
import { SERVICE } from "../platform/install/names.ts";
import { CommandFailure } from "./exit.ts";
import { startPortForward, type PortForward } from "./forwards/port-forward.ts";
import { findCluster, type TargetOptions } from "./platform/target.ts";
import { say, type Surroundings } from "./surroundings.ts";

/** Options of `terrarium dashboard`. */
export interface DashboardOptions extends TargetOptions {
  /** Namespace of the platform service. */
  readonly namespace: string;
  /** TCP port of this machine. @default one that is free */
  readonly port?: number;
  /** Whether a browser is opened. */
  readonly open: boolean;
}

/** How a port that was open, or should have been, came to its end. */
interface Ended {
  /** TCP port of this machine; undefined where none was opened. */
  readonly localPort: number | undefined;
  readonly isInterrupted: boolean;
  /** Why none was opened. */
  readonly error?: string;
}

/** Milliseconds that a pod has to take the place of one that is gone, and between two looks. */
const [REPLACED_WITHIN_MS, PAUSE_MS] = [60_000, 500];

/** Programs that open an address in the user's browser, by platform. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: "open", linux: "xdg-open" };

/**
 * Opens a port of this machine that leads to the dashboard of an installed platform service, until it is interrupted. Where the
 * service's pod is replaced, the same port leads to the next one.
 *
 * @throws CommandFailure where the service is not installed, or does not answer.
 */
export async function dashboard(surroundings: Surroundings, options: DashboardOptions): Promise<void> {
  const { namespace, open } = options;
  const { kubeconfig, context } = await findCluster(surroundings, options);
  const toolchain = await surroundings.toolchain(["kubectl"]);
  const where = { kubectl: toolchain.path("kubectl"), kubeconfig, context, namespace };
  const port = await servicePort(surroundings, where);
  const show = (localPort: number): void => {
    const address = `http://127.0.0.1:${localPort}/`;
    surroundings.stdout.write(`${address}\n`);
    say(
      surroundings,
      `The dashboard asks for a token: kubectl create token ACCOUNT -n ${namespace} --audience=terrarium\nCtrl-C ends.`,
    );
    if (open) openBrowser(surroundings, address);
  };

  const to = { ...where, service: SERVICE, port };
  const found = await forward(surroundings, { ...to, localPort: options.port }, show);
  if (found.error !== undefined)
    throw new CommandFailure(`No port to the platform service could be opened. ${found.error}`);
  await stayOpen(surroundings, { ...to, localPort: found.localPort }, found);
}

/** Opens the same port again, where the service's pod was replaced, until it is interrupted. @throws CommandFailure */
async function stayOpen(surroundings: Surroundings, to: PortForward, first: Ended): Promise<void> {
  let lostAt = performance.now();
  for (let ended = first; !ended.isInterrupted;) {
    if (performance.now() - lostAt > REPLACED_WITHIN_MS)
      throw new CommandFailure(`The platform service has gone. ${ended.error ?? ""}`);
    await delay(PAUSE_MS, undefined, { signal: surroundings.interrupted }).catch(() => undefined);
    if (surroundings.interrupted.aborted) return;
    ended = await forward(surroundings, to, () => {
      say(surroundings, "The service's pod was replaced; the port leads to the next one.");
    });
    if (ended.error === undefined) lostAt = performance.now();
  }
}

/** The Service's port. @throws CommandFailure where there is no Service, or the cluster does not answer. */
async function servicePort(
  { env }: Surroundings,
  { kubectl, kubeconfig, context, namespace }: Pick<PortForward, "kubectl" | "kubeconfig" | "context" | "namespace">,
): Promise<number> {
  const path = `jsonpath={.spec.ports[?(@.name=="http")].port}`;
  const args = ["--kubeconfig", kubeconfig, "--context", context, "--namespace", namespace];
  const asked = ["get", "service", SERVICE, "--ignore-not-found", "--output", path];
  const result = await runCommand(kubectl, [...args, ...asked], { env });
  if (result.code !== 0) throw new CommandFailure(`The platform service can't be looked up. ${lastLines(result)}`);
  if (result.stdout === "")
    throw new CommandFailure(
      `No platform service is installed in the namespace ${namespace} of ${context}. \`bin/terrarium platform install\` installs it; one of \`platform local\` says its address itself.`,
    );
  return Number(result.stdout);
}

/** Keeps one port open until it is interrupted, its pod is gone, or it can't be opened. */
async function forward(
  { env, interrupted }: Surroundings,
  to: PortForward,
  opened: (localPort: number) => void,
): Promise<Ended> {
  const child = startPortForward(to, env);
  const end = (): void => void child.kill("SIGTERM");
  interrupted.addEventListener("abort", end, { once: true });
  let localPort: number | undefined;
  const errors: string[] = [];
  onLine(child.stderr, (line) => errors.push(line));
  onLine(child.stdout, (line) => {
    const found = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(line)?.[1];
    if (found === undefined || localPort !== undefined) return;
    localPort = Number(found);
    opened(localPort);
  });
  const [code] = (await once(child, "close")) as [number | null];
  interrupted.removeEventListener("abort", end);
  // Ctrl-C reaches kubectl as well, which then ends with 0.
  const isInterrupted = interrupted.aborted || (localPort !== undefined && code === 0);
  return {
    localPort,
    isInterrupted,
    ...(localPort === undefined && !isInterrupted ? { error: errors.slice(-3).join("\n") } : {}),
  };
}

function onLine(stream: ChildProcess["stdout"], take: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on("line", take);
}

function openBrowser(surroundings: Surroundings, address: string): void {
  const opener = OPENERS[process.platform];
  const failed = (): void => {
    say(surroundings, "No browser could be opened; the address is above.");
  };
  if (opener === undefined) return void failed();
  const child = spawn(opener, [address], { env: surroundings.env, stdio: "ignore", detached: true });
  child.once("error", failed);
  child.unref();
}
