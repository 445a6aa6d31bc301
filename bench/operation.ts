/**
 * One operation of the engine on this checkout's stack, as `terrarium` runs it, in a process of its own: what is measured
 * includes the start of Node and of everything that the operation needs, and nothing of the cluster's start or of the table
 * at the end.
 *
 * Usage: node bench/operation.ts <stack> up|preview|destroy [options of pulumi]
 */
import { processSurroundings } from "../cli/process-surroundings.ts";
import { Session } from "../cli/session.ts";

const [stack = "dev", operation = "up", ...rest] = process.argv.slice(2);
const surroundings = processSurroundings();
const session = new Session(surroundings, stack);
const found = await session.current()?.status();
if (found?.phase !== "running") throw new Error(`${stack} has no running cluster`);
const engine = session.engine(await surroundings.toolchain(["pulumi", "kubectl"]), found.access);
const run = operation === "destroy" ? engine.operation.bind(engine) : engine.programOperation.bind(engine);
process.exitCode = (await run([operation, ...rest])).code;
