/**
 * Lets schemathesis make up requests from the OpenAPI document of a platform service that runs on a simulated cluster. Ends with
 * 1 where an answer is a failure of the service, or none that the document has.
 *
 * Usage: npm run api-fuzz -- [--seed N] [--examples N]
 */
import { parseArgs } from "node:util";
import { PlatformCluster } from "../platform-cluster.ts";
import { ServiceAccount } from "../service-accounts.ts";
import { fuzz, schemathesis } from "./schemathesis.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    examples: { type: "string", default: "100" },
  },
});
const program = await schemathesis();
const cluster = await PlatformCluster.create();
try {
  const caller = await ServiceAccount.create(cluster, "fuzzer", [
    { verbs: ["get", "list", "create", "patch", "delete"] },
    { verbs: ["update"], resource: "environments/approve" },
  ]);
  const service = cluster.start("fuzzed", {
    http: { port: 0, address: "127.0.0.1", requestsPerMinute: 1_000_000 },
  });
  await service.says('"leading"');
  const source = { repository: "https://git.example.com/team/unknown", branch: "main" };
  await cluster.createEnvironment("one", { source });
  const { code, report } = await fuzz(program, {
    url: service.url,
    token: await caller.token(),
    seed: Number(values.seed),
    examples: Number(values.examples),
    folder: cluster.checkout.folder,
  });
  console.log(report);
  const failures = service.log.split("\n").filter((line) => line.includes('"level":"error"'));
  for (const line of failures) console.log(line);
  console.log(`seed ${values.seed}: ${code === 0 && failures.length === 0 ? "all is well" : "see above"}`);
  process.exitCode = code === 0 && failures.length === 0 ? 0 : 1;
} finally {
  await cluster.remove();
}
