/** The layer of tests on real pods, as its scripts run it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Forwards } from "../../cli/forwards/index.ts";
import { otherCheckout, otherCheckoutRefusal } from "../../clusters/host/claim.ts";
import { HostCluster } from "../../clusters/host/index.ts";
import { localPaths } from "../../clusters/local-paths.ts";
import { Checkout, PROJECT } from "../engine/checkout.ts";

const STACK = "local";
const END_SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** How one run of the tests went. */
export interface LayerResult {
  readonly code: number;
  readonly passed: number;
  readonly failed: number;
  /** From the first test's start to the last one's end; the environments were up before. */
  readonly milliseconds: number;
  /** Names of the tests that failed. */
  readonly failures: readonly string[];
}

/**
 * Does something with the stack that `make bootstrap-dev` brought up here, which stays; else with one in a checkout of its
 * own, which is removed. Where this machine can't, it says why and ends with 0; the caller knows that line.
 *
 * @param task is given the folder of the stack's checkout.
 * @returns an exit code.
 */
export async function onStack(task: (checkout: string) => Promise<number>): Promise<number> {
  const paths = localPaths(PROJECT);
  const own = new Forwards(paths);
  if (own.read()?.stack === STACK && (await own.running())) return task(PROJECT);
  await Checkout.removeAbandoned();
  const other = otherCheckout(paths);
  if (other !== undefined) {
    console.error(`cluster: ${otherCheckoutRefusal(other)}`);
    return 1;
  }
  const toolchain = () => Promise.reject(new Error("nothing is started to find out whether it could be"));
  const available = await new HostCluster({ paths, say: () => undefined, toolchain }).available();
  if (!available.ok) {
    console.log(`cluster: not run: ${available.reason}`);
    return 0;
  }
  const checkout = await Checkout.create();
  const started = performance.now();
  try {
    const result = await checkout.terrarium(["bootstrap-dev", "--stack", STACK, "--cluster", "host"]);
    if (result.code !== 0) {
      console.error(`${result.stdout}\n${result.stderr}`);
      return 1;
    }
    console.log(`cluster: up in ${((performance.now() - started) / 1000).toFixed(0)} s`);
    return await task(checkout.folder);
  } finally {
    await checkout.must(["cleanup-dev", "--stack", STACK]);
    checkout.remove();
  }
}

/**
 * Runs the tests once, and shows what they print. Where this process is asked to end, they end at once, and what was made for
 * them is removed; asked again, it ends as it is.
 *
 * @param whenRunning is called when the first test starts.
 * @throws AbortError where they were interrupted.
 */
export async function runTests(checkout: string, whenRunning?: () => void): Promise<LayerResult> {
  const folder = mkdtempSync(join(tmpdir(), "terrarium-results-"));
  const results = join(folder, "results.json");
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  for (const name of END_SIGNALS) process.once(name, interrupt);
  try {
    const options = ["layer=cluster", "pace", `results=${results}`].flatMap((option) => ["--reporter-option", option]);
    const args = ["--config", "tests/cluster/.mocharc.json", ...options];
    const mocha = spawn("node_modules/.bin/mocha", args, {
      cwd: PROJECT,
      stdio: ["ignore", "pipe", "inherit"],
      signal: interruption.signal,
      env: { ...process.env, TERRARIUM_TEST_CHECKOUT: checkout, TERRARIUM_TEST_STACK: STACK },
    });
    show(mocha, whenRunning);
    const [code] = (await once(mocha, "close")) as [number | null];
    return { code: code ?? 1, ...readResults(results) };
  } finally {
    for (const name of END_SIGNALS) process.off(name, interrupt);
    rmSync(folder, { recursive: true });
  }
}

function show({ stdout }: ChildProcess, whenRunning?: () => void): void {
  let isRunning = false;
  stdout?.on("data", (chunk: Buffer) => {
    process.stdout.write(chunk);
    if (isRunning || !chunk.toString().includes(" up in ")) return;
    isRunning = true;
    whenRunning?.();
  });
}

function readResults(file: string): Omit<LayerResult, "code"> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as LayerResult;
  } catch {
    return { passed: 0, failed: 0, milliseconds: 0, failures: ["the tests could not start"] };
  }
}
