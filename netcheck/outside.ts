import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { lastLines, type RunCommand, runCommand } from "../clusters/run-command.ts";
import type { Place } from "./matrix.ts";

/** A stand-in for the world outside. */
export interface Outside {
  readonly world: Place;
  /** Removes it. */
  stop(): Promise<void>;
}

/** Ports of the stand-in: the one that HTTPS egress opens, and one that nothing opens. */
const PORTS = [443, 80];

/** Addresses for stand-ins, in a range that is meant for documentation: so public to policies, and nobody's. */
const PLACES = 254;

/** Milliseconds that each step of setting it up may take. */
const STEP_MS = 10_000;

/**
 * Owns a network namespace, and ends when its parent does, also when that is killed. One end of the link lies in that
 * namespace, so the link and the address on its other end go at the same time.
 */
const HOLDER = ["unshare", "--net", "--", "sh", "-c", "echo ready; exec cat"] as const;

/**
 * Gives this machine, which must be a node of the cluster, an address that is public to policies, and listens there.
 * Pods reach it without leaving the machine, through the same egress rules as anything outside. The address is on a
 * link that leads nowhere.
 *
 * @param env for the programs `unshare` and `ip`.
 */
export async function startOutside(env: NodeJS.ProcessEnv, run: RunCommand = runCommand): Promise<Outside> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    return missing("it takes root on Linux to set up an address for it; name one with --outside HOST:PORT");
  }
  const [program, ...args] = HOLDER;
  // A Ctrl-C of the terminal is for this process, which ends the holder when it is done.
  const holder = spawn(program, args, { env, detached: true, stdio: ["pipe", "pipe", "ignore"] });
  const servers: Server[] = [];
  const stop = async (): Promise<void> => {
    for (const server of servers) server.close();
    await end(holder);
  };
  try {
    await ready(holder);
    const address = await claimAddress(holder.pid ?? 0, env, run);
    for (const port of PORTS) servers.push(await listenOn(address, port));
    return { world: { address, ports: PORTS }, stop };
  } catch (error) {
    await stop();
    return missing(`an address for it could not be set up: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** No outside world, for a reason that the table tells. */
export function missing(reason: string): Outside {
  return { world: { missing: reason }, stop: () => Promise.resolve() };
}

/** Sets up an address that no other run has. @returns it. */
async function claimAddress(holder: number, env: NodeJS.ProcessEnv, run: RunCommand): Promise<string> {
  const first = Math.floor(Math.random() * PLACES);
  for (let tries = 0; tries < PLACES; tries++) {
    const place = 1 + ((first + tries) % PLACES);
    const [link, address] = [`tnetcheck${place}`, `203.0.113.${place}`];
    const ip = async (...args: readonly string[]): Promise<string | undefined> => {
      const result = await run("ip", args, { env, timeoutMs: STEP_MS });
      return result.code === 0 ? undefined : `ip ${args.join(" ")}: ${lastLines(result, 1)}`;
    };
    // The link's name is the claim on its address: two runs can't have the same.
    const peer = ["peer", "name", "outside", "netns", String(holder)];
    const taken = await ip("link", "add", link, "type", "veth", ...peer);
    if (taken && /exists/i.test(taken)) continue;
    const failure =
      taken ?? (await ip("address", "add", `${address}/32`, "dev", link)) ?? (await ip("link", "set", link, "up"));
    if (failure !== undefined) throw new Error(failure);
    return address;
  }
  throw new Error("every address for it is taken");
}

/** Listens; a server that listens there already, on every address of the machine, serves as well. */
async function listenOn(address: string, port: number): Promise<Server> {
  const server = createServer((socket) => socket.on("error", () => undefined).end());
  server.listen(port, address);
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
  }
  return server;
}

async function ready(holder: ChildProcess): Promise<void> {
  const { stdout } = holder;
  if (stdout === null) throw new Error("the holder of the link has no output");
  // Without the programs that it needs, its output ends.
  const spoken = new Promise<boolean>((resolve) => {
    stdout.once("data", () => {
      resolve(true);
    });
    stdout.once("close", () => {
      resolve(false);
    });
  });
  holder.on("error", () => undefined);
  if (!(await spoken)) throw new Error(`${HOLDER[0]} does not work here`);
}

async function end(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null || holder.pid === undefined) return;
  const ended = once(holder, "exit");
  holder.kill("SIGKILL");
  await ended;
}
