/** Runs before the tests, once for all of their processes. */
import { installServers } from "./servers.ts";

await installServers();
