/**
 * The layer of tests on real pods: brings a host cluster and the stack up in a checkout of its own, tests it, and removes
 * everything. Where this machine can't, it says why and ends with 0; the caller knows that line.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Forwards } from "../../cli/forwards/index.ts";
import { otherCheckout, otherCheckoutRefusal } from "../../clusters/host/claim.ts";
import { HostCluster } from "../../clusters/host/index.ts";
import { localPaths } from "../../clusters/local-paths.ts";
import { Checkout, PROJECT } from "../engine/checkout.ts";

const STACK = "local";

async function main(): Promise<number> {
  const paths = localPaths(PROJECT);
  const own = new Forwards(paths);
  // What `make bootstrap-dev` brought up here is used, and stays.
  if (own.read()?.stack === STACK && (await own.running())) return test(PROJECT);
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
    return await test(checkout.folder);
  } finally {
    await checkout.must(["cleanup-dev", "--stack", STACK]);
    checkout.remove();
  }
}

async function test(checkout: string): Promise<number> {
  const args = ["--config", "tests/cluster/.mocharc.json", "--reporter-option", "layer=cluster"];
  const mocha = spawn("node_modules/.bin/mocha", args, {
    cwd: PROJECT,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, TERRARIUM_TEST_CHECKOUT: checkout, TERRARIUM_TEST_STACK: STACK },
  });
  const [code] = (await once(mocha, "close")) as [number | null];
  return code ?? 1;
}

process.exitCode = await main();
