/** Entry of the activator's pods: it works on the cluster whose pod this is. */
import { parseArgs } from "node:util";
import { runActivator } from "./activator/run.ts";
import { ACTIVATOR_ADMIN_PORT } from "./names.ts";
import { stopSignal } from "./stop-signal.ts";

const { values } = parseArgs({ options: { config: { type: "string" } } });
if (values.config === undefined) {
  console.error("platform/activate.ts: --config FILE is needed");
  process.exit(2);
}
await runActivator({
  config: values.config,
  cluster: {},
  adminPort: ACTIVATOR_ADMIN_PORT,
  write: (line) => void process.stdout.write(line),
  stop: stopSignal(process),
});
