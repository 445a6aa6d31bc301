import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mergePatch } from "../../../../spec/index.ts";

/** An object as the server keeps it. */
export interface StoredObject {
  readonly kind?: string;
  readonly metadata: Record<string, unknown> & { readonly name: string };
  readonly [key: string]: unknown;
}

/** An API server that a test plays: objects in memory, watches, and what it was asked. */
export interface TestApiServer {
  /** A kubeconfig that leads to it. */
  readonly kubeconfig: string;
  /** What it was asked so far, e.g. "POST environments?dryRun=All". */
  readonly requests: string[];
  /** Puts an object into a collection, e.g. "environments", or changes it by a merge patch. */
  put(collection: string, object: StoredObject): void;
  /** Removes an object. */
  remove(collection: string, name: string): void;
  get(collection: string, name: string): StoredObject | undefined;
  /** Answers the next requests of a method with a status and a message. */
  refuse(method: string, status: number, message: string | undefined): void;
  /** Called when somebody begins to watch a collection. */
  watched: (collection: string) => void;
  close(): Promise<void>;
}

/** Starts one. */
export async function startApiServer(): Promise<TestApiServer> {
  const collections = new Map<string, Map<string, StoredObject>>();
  const watchers = new Map<ServerResponse, string>();
  const refusals = new Map<string, { status: number; message: string | undefined }>();
  const requests: string[] = [];
  let version = 1;
  const collection = (name: string) => {
    const found = collections.get(name) ?? new Map<string, StoredObject>();
    collections.set(name, found);
    return found;
  };
  const tell = (name: string, type: string, object: StoredObject) => {
    for (const [response, watched] of watchers)
      if (watched === name) response.write(`${JSON.stringify({ type, object })}\n`);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://server");
    const [, name = "", object] = /\/namespaces\/[^/]+\/([^/]+)(?:\/([^/]+))?$/.exec(pathname) ?? [];
    const method = request.method ?? "";
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body === undefined ? "404 page not found\n" : JSON.stringify(body));
    };
    searchParams.delete("fieldValidation");
    const query = decodeURIComponent(searchParams.toString());
    requests.push(`${method} ${name}${object === undefined ? "" : `/${object}`}${query === "" ? "" : `?${query}`}`);
    const refusal = refusals.get(method);
    if (refusal) return send(refusal.status, refusal.message === undefined ? undefined : { message: refusal.message });
    if (searchParams.get("watch") === "true") {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      watchers.set(response, name);
      response.on("close", () => watchers.delete(response));
      return api.watched(name);
    }
    const body = await textOf(request);
    const found = object === undefined ? undefined : collection(name).get(object);
    if (object !== undefined && !found) return send(404, { message: `${name}.terrarium.dev "${object}" not found` });
    if (method === "POST") {
      const created = stored(JSON.parse(body) as StoredObject);
      if (!searchParams.has("dryRun")) api.put(name, created);
      return send(201, created);
    }
    if (method === "PATCH" && found) {
      api.put(name, { ...(JSON.parse(body) as object), metadata: { name: found.metadata.name } });
      return send(200, collection(name).get(found.metadata.name));
    }
    if (method === "DELETE" && found) {
      const deletionTimestamp = "2030-01-01T00:00:00Z";
      api.put(name, { metadata: { name: found.metadata.name, deletionTimestamp } });
      return send(200, {});
    }
    if (found) return send(200, found);
    const wanted = /^metadata\.name=(.*)$/.exec(searchParams.get("fieldSelector") ?? "")?.[1];
    const items = [...collection(name).values()].filter(
      ({ metadata }) => wanted === undefined || metadata.name === wanted,
    );
    send(200, { metadata: { resourceVersion: String(version) }, items });
  };

  const stored = (object: StoredObject): StoredObject => ({
    ...object,
    metadata: {
      uid: "0",
      generation: 1,
      creationTimestamp: "2029-01-01T00:00:00Z",
      managedFields: [],
      ...object.metadata,
    },
  });
  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const api: TestApiServer = {
    requests,
    kubeconfig: JSON.stringify({
      "current-context": "scripted",
      contexts: [{ name: "scripted", context: { cluster: "scripted", user: "scripted" } }],
      clusters: [
        { name: "scripted", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
      ],
      users: [{ name: "scripted", user: {} }],
    }),
    put(name, object) {
      version += 1;
      const before = collection(name).get(object.metadata.name);
      const after = before ? (mergePatch(before, object) as StoredObject) : stored(object);
      collection(name).set(object.metadata.name, after);
      tell(name, before ? "MODIFIED" : "ADDED", after);
    },
    remove(name, object) {
      version += 1;
      const before = collection(name).get(object);
      collection(name).delete(object);
      if (before) tell(name, "DELETED", before);
    },
    get: (name, object) => collection(name).get(object),
    refuse: (method, status, message) => void refusals.set(method, { status, message }),
    watched: () => undefined,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return api;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
