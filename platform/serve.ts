/**
 * Entry of the service's image: the service on the cluster whose pod this is. Pulumi and kubectl are found where the image says
 * (PATH, PULUMI_HOME), in the pods of its Jobs as well.
 */
import { parseArgs } from "node:util";
import { runPlatform } from "./main.ts";
import { stopSignal } from "./stop-signal.ts";

const { values } = parseArgs({ options: { config: { type: "string" }, data: { type: "string" } } });
if (values.config === undefined || values.data === undefined) {
  console.error("platform/serve.ts: --config FILE and --data FOLDER are needed");
  process.exit(2);
}
await runPlatform({
  config: values.config,
  cluster: {},
  dataFolder: values.data,
  toolchain: { path: (binary) => binary, env: {} },
  env: process.env,
  write: (line) => void process.stdout.write(line),
  stop: stopSignal(process),
});
