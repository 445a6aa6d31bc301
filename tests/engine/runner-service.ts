/**
 * The runner in a process of its own, as the platform service has it: prints the pid of the operation's process and then its
 * events. For tests that kill it.
 *
 * Usage: node tests/engine/runner-service.ts '<arguments of runnerOn as JSON>' '<operation request as JSON>'
 */
import type { OperationRequest } from "../../platform/domain/operation.ts";
import { runnerOn, type RunnerPlace } from "./runner.ts";

const [place = "", request = ""] = process.argv.slice(2);
const runner = await runnerOn(JSON.parse(place) as RunnerPlace);
const running = runner.start(JSON.parse(request) as OperationRequest, (event) => {
  console.log(JSON.stringify(event));
});
console.log(JSON.stringify({ type: "result", outcome: await running.done }));
runner.close();
