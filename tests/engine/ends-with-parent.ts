/**
 * Loaded into a service that tests start, before anything of its own. Its standard input is a pipe that nobody writes to and that
 * ends with whoever started it: then the service is asked to end, too.
 */
const { stdin } = process;
stdin.once("close", () => process.kill(process.pid, "SIGTERM"));
stdin.on("error", () => undefined);
stdin.resume();
// A service that has nothing left to do does not wait for it.
if ("unref" in stdin) stdin.unref();
