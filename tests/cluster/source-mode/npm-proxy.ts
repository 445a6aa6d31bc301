import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A registry of npm packages that pods can reach. */
export interface NpmProxy {
  readonly registry: string;
  readonly port: number;
  /** How many archives were asked for. */
  readonly downloads: () => number;
  readonly stop: () => Promise<void>;
}

/** An answer of the registry, kept for the next who asks. */
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** The part of a package's description that says where its archives are. */
interface Packument {
  readonly versions?: Readonly<Record<string, { readonly dist: { tarball: string } }>>;
}

const TIMEOUT_MS = 60_000;

/** How long clients may keep what they got, as the public registry has it: an archive never changes. */
const LIFETIMES = { description: "public, max-age=300", archive: "public, immutable, max-age=31557600" };

/**
 * Forwards npm's reads to the registry of this machine's npm, on one address of this machine, and keeps the answers. Pods on a
 * host cluster have no other way to one. Archives are had under addresses of the proxy's own: only those that a
 * description has named.
 */
export async function serveNpmRegistry(address: string): Promise<NpmProxy> {
  const upstream = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim().replace(/\/$/, "");
  const answers = new Map<string, Promise<Answer>>();
  const archives = new Map<string, string>();
  let registry = "";
  let downloads = 0;

  const describe = async (path: string): Promise<Answer> => {
    const answer = await read(upstream + path, "application/vnd.npm.install-v1+json");
    if (answer.status !== 200) return answer;
    const packument = JSON.parse(answer.body.toString("utf8")) as Packument;
    for (const { dist } of Object.values(packument.versions ?? {})) {
      const own = `/-/archives/${archives.size}.tgz`;
      archives.set(own, dist.tarball);
      dist.tarball = registry + own;
    }
    return { ...answer, body: Buffer.from(JSON.stringify(packument)) };
  };
  const answer = (path: string): Promise<Answer> => {
    const archive = archives.get(path);
    if (archive !== undefined) downloads++;
    const made = answers.get(path) ?? (archive === undefined ? describe(path) : read(archive, "*/*"));
    answers.set(path, made);
    return made;
  };

  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (request.method !== "GET" || !/^\/(-\/archives\/\d+\.tgz|(@[\w.-]+(%2f|\/))?[\w.-]+)$/i.test(path)) {
      response.writeHead(404).end();
      return;
    }
    const lifetime = archives.has(path) ? LIFETIMES.archive : LIFETIMES.description;
    answer(path).then(
      (found) => send(response, found, lifetime),
      (error: unknown) => {
        answers.delete(path);
        send(response, { status: 502, type: "text/plain", body: Buffer.from(String(error)) }, "no-store");
      },
    );
  }).listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  registry = `http://${address}:${port}`;
  return {
    registry,
    port,
    downloads: () => downloads,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function read(url: string, accept: string): Promise<Answer> {
  const response = await fetch(url, { headers: { accept }, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get("content-type") ?? "application/octet-stream", body };
}

function send(response: ServerResponse, { status, type, body }: Answer, lifetime: string): void {
  const headers = { "content-type": type, "content-length": body.length, "cache-control": lifetime };
  response.writeHead(status, headers).end(body);
}
