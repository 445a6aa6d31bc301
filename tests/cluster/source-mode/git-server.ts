import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../eventually.ts";

/** Seconds after which the daemon ends by itself, should the test have been killed. */
const LIFETIME_SECONDS = 900;

/** A repository that pods can clone. */
export interface GitServer {
  readonly repository: string;
  readonly port: number;
  /** Folder whose files the next commit has. */
  readonly folder: string;
  /** Commits what the folder holds to the branch main. @returns the commit's id. */
  readonly commit: (message: string) => string;
  readonly stop: () => Promise<void>;
}

/**
 * Serves a copy of a folder as a git repository with one commit, on one address of this machine.
 *
 * @param source folder of this checkout; its installed packages are left out.
 */
export async function serveRepository(source: string, address: string): Promise<GitServer> {
  const base = mkdtempSync(join(tmpdir(), "git-server-"));
  const folder = join(base, "repository");
  cpSync(source, folder, { recursive: true, filter: (path) => !path.split("/").includes("node_modules") });
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim();
  const commit = (message: string): string => {
    git("add", "--all", "--force");
    git("commit", "--quiet", "--allow-empty", "--message", message);
    return git("rev-parse", "HEAD");
  };
  git("init", "--quiet", "--initial-branch=main");
  commit("as it is");

  const port = await freePort(address);
  const daemon = [
    "git",
    "daemon",
    "--export-all",
    `--base-path=${base}`,
    `--listen=${address}`,
    `--port=${port}`,
    base,
  ];
  const child = spawn("timeout", [String(LIFETIME_SECONDS), ...daemon], { stdio: "ignore" });
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
    rmSync(base, { recursive: true, force: true });
  };
  try {
    await eventually("the git daemon", () => isListening(address, port));
  } catch (error) {
    await stop();
    throw error;
  }
  return { repository: `git://${address}:${port}/repository`, port, folder, commit, stop };
}

/** A port on which nothing listens now. */
async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function isListening(address: string, port: number): Promise<true> {
  const socket = connect(port, address);
  await once(socket, "connect");
  socket.destroy();
  return true;
}
