/**
 * Ends parts of a host cluster with SIGKILL while the tests on real pods run, and shows how long each was away and which
 * tests failed.
 *
 * Usage: npm run cluster-faults [-- SERVICE...], the kubelet, containerd, calico-felix and etcd unless told otherwise
 */
import { setTimeout as delay } from "node:timers/promises";
import { formatTable } from "../../cli/table.ts";
import { serviceNames } from "../../clusters/host/health.ts";
import { supervisorName } from "../../clusters/host/host-processes.ts";
import { HostCluster } from "../../clusters/host/index.ts";
import { hostLayout } from "../../clusters/host/layout.ts";
import { readServicePids } from "../../clusters/host/service.ts";
import { localPaths } from "../../clusters/local-paths.ts";
import { waitUntil } from "../../clusters/wait-until.ts";
import { onStack, runTests } from "./layer.ts";

/** Milliseconds from the first test's start at which a service is ended. */
const momentsMs = [3_000, 15_000];
const recoveryTimeoutMs = 60_000;

const killable = serviceNames.filter((name) => name !== supervisorName);
const wanted = process.argv.length > 2 ? process.argv.slice(2) : ["kubelet", "containerd", "calico-felix", "etcd"];
const unknown = wanted.find((name) => !killable.some((service) => service === name));
if (unknown !== undefined) throw new Error(`There is no service "${unknown}". Choose among: ${killable.join(", ")}.`);

/** Ends a service and waits until the whole cluster works. @returns seconds from the one to the other, in words. */
async function kill(checkout: string, service: string): Promise<string> {
  const paths = localPaths(checkout);
  const { pids } = hostLayout(paths);
  const toolchain = () => Promise.reject(new Error("nothing is started here: the supervisor does that"));
  const cluster = new HostCluster({ paths, say: () => undefined, toolchain });
  const ended = readServicePids(pids).get(service);
  if (ended === undefined) throw new Error(`${service} does not run.`);
  process.kill(ended.pid, "SIGKILL");
  const started = performance.now();
  const missing = await waitUntil(
    async () => {
      if (readServicePids(pids).get(service)?.identity === ended.identity) return "not started again";
      const status = await cluster.status();
      return status.phase === "broken" ? status.reason : undefined;
    },
    { timeoutMs: recoveryTimeoutMs, everyMs: 100 },
  );
  return missing ?? `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

process.exitCode = await onStack(async (checkout) => {
  const rows: string[][] = [];
  let failed = 0;
  for (const service of wanted) {
    const kills: Promise<string>[] = [];
    const result = await runTests(checkout, () => {
      for (const ms of momentsMs) kills.push(delay(ms).then(() => kill(checkout, service)));
    });
    failed += result.failed;
    const recoveries = await Promise.all(kills);
    for (const [index, recovery] of recoveries.entries()) {
      const at = `${(momentsMs[index] ?? 0) / 1000} s`;
      rows.push([service, at, recovery, index === 0 ? result.failures.join("; ") || "none" : ""]);
    }
  }
  console.log(`\n${formatTable(["ENDED", "AT", "ALL WELL AFTER", "FAILED TESTS"], rows)}`);
  console.log(`${wanted.length} services ended: ${failed} tests failed`);
  return failed === 0 ? 0 : 1;
});
