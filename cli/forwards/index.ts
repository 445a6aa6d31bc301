import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { portIsFree } from "../../clusters/free-ports.ts";
import { writePrivateFile } from "../../clusters/kubeconfig.ts";
import type { LocalPaths } from "../../clusters/local-paths.ts";
import { type ListProcesses, listProcesses } from "../../clusters/processes.ts";
import type { ClusterAccess } from "../../clusters/provider.ts";
import { waitUntil } from "../../clusters/wait-until.ts";
import type { ResolvedEnvironment } from "../../spec/index.ts";
import { CommandFailure } from "../exit.ts";
import { type Forward, type ForwardsFile, forwardTargets, type ForwardTarget } from "./plan.ts";

export type { Forward, ForwardsFile } from "./plan.ts";

/** Where forwards begin, below the range of local clusters: in blocks of 40 ports. */
const range = { first: 16_000, blocks: 100, blockSize: 40 };

/** Port-forwards of one checkout: at most one stack's at a time. */
export class Forwards {
  readonly #path: string;
  readonly #firstPort: number;
  readonly #listProcesses: ListProcesses;

  /** @param list @default the processes of this machine */
  constructor(paths: LocalPaths, list: ListProcesses = listProcesses) {
    this.#path = join(paths.root, "forwards.json");
    this.#firstPort = firstPortOf(paths.clusterName);
    this.#listProcesses = list;
  }

  /** What was started last; undefined when nothing was, or it was stopped. */
  read(): ForwardsFile | undefined {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8")) as ForwardsFile;
    } catch {
      return undefined;
    }
  }

  /** Whether the process that keeps them open runs. */
  async running(): Promise<boolean> {
    return (await this.#processes()).length > 0;
  }

  /**
   * Opens a port on 127.0.0.1 for everything in the environment; ports that are open stay as they are.
   *
   * @throws CommandFailure naming what does not answer.
   */
  async start(
    stack: string,
    environment: ResolvedEnvironment,
    access: ClusterAccess,
    kubectl: string,
  ): Promise<ForwardsFile> {
    const targets = forwardTargets(environment);
    const earlier = this.read();
    if (earlier?.stack === stack && sameTargets(earlier.forwards, targets) && (await this.running())) return earlier;
    await this.stop();
    const { kubeconfig, context } = access;
    const forwards = await choosePorts(targets, earlier?.forwards ?? [], this.#firstPort);
    const file: ForwardsFile = { stack, namespace: environment.name, kubectl, kubeconfig, context, forwards };
    writePrivateFile(this.#path, JSON.stringify(file, null, 2));
    const forwarder = join(import.meta.dirname, "forwarder.ts");
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", forwarder, this.#path], {
      stdio: "ignore",
      detached: true,
    });
    child.unref();
    const silent = await waitUntil(
      async () => {
        const open = await Promise.all(forwards.map(({ localPort }) => answers(localPort)));
        const missing = forwards
          .filter((_, index) => open[index] === false)
          .map(({ service, port }) => `${service}:${port}`);
        return missing.length === 0 ? undefined : missing.join(", ");
      },
      { timeoutMs: 30_000, everyMs: 100 },
    );
    if (silent !== undefined)
      throw new CommandFailure(`No connection to ${silent} in 30 s. See: bin/terrarium status --stack ${stack}`);
    return file;
  }

  /** Closes all of them. */
  async stop(): Promise<void> {
    rmSync(this.#path, { force: true });
    await waitUntil(
      async () => {
        const running = await this.#processes();
        for (const { pid } of running) end(pid);
        return running.length === 0 ? undefined : "the forwarder";
      },
      { timeoutMs: 10_000, everyMs: 50 },
    );
  }

  async #processes() {
    const all = await this.#listProcesses();
    return all.filter(
      ({ commandLine }) => commandLine.includes("forwards/forwarder.ts") && commandLine.endsWith(` ${this.#path}`),
    );
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended.
  }
}

function sameTargets(forwards: readonly Forward[], targets: readonly ForwardTarget[]): boolean {
  const key = ({ service, port }: ForwardTarget): string => `${service}:${port}`;
  return forwards.map(key).join() === targets.map(key).join();
}

/** Ports that were used before stay the same where they are free: people have them in their history. */
async function choosePorts(
  targets: readonly ForwardTarget[],
  earlier: readonly Forward[],
  firstPort: number,
): Promise<Forward[]> {
  const kept = await Promise.all(
    targets.map(async (target) => {
      const before = earlier.find(({ service, port }) => service === target.service && port === target.port)?.localPort;
      return before !== undefined && (await portIsFree(before)) ? before : undefined;
    }),
  );
  const taken = new Set(kept);
  const chosen: Forward[] = [];
  for (const [index, target] of targets.entries()) {
    const localPort = kept[index] ?? (await nextFreePort(firstPort, taken));
    taken.add(localPort);
    chosen.push({ ...target, localPort });
  }
  return chosen;
}

/** Checkouts start at different ports: two that open theirs at the same moment must not find the same ones free. */
function firstPortOf(clusterName: string): number {
  const block = createHash("sha256").update(clusterName).digest().readUInt32BE(0) % range.blocks;
  return range.first + block * range.blockSize;
}

async function nextFreePort(firstPort: number, taken: ReadonlySet<number | undefined>): Promise<number> {
  let port = firstPort;
  while (taken.has(port) || !(await portIsFree(port))) port++;
  return port;
}

/** Whether something accepts connections. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const finish = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => {
      finish(true);
    });
    socket.once("error", () => {
      finish(false);
    });
  });
}
