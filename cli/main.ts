/** Entry point of `bin/terrarium`. */
import { processSurroundings } from "./process-surroundings.ts";
import { runProgram } from "./program.ts";

process.exitCode = await runProgram(process.argv.slice(2), processSurroundings());
