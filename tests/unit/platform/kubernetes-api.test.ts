import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { ApiError, isConflict, isNotFound, KubernetesApi } from "../../../platform/adapters/kubernetes/api.ts";

describe("requests to the API server", () => {
  let server: Server;
  let api: KubernetesApi;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const connections = new Set<Socket>();

  before(async () => {
    server = createServer((request, response) => answer(request, response));
    server.on("connection", (socket) => connections.add(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const config = new KubeConfig();
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    config.loadFromClusterAndUser(
      { name: "scripted", server: address, skipTLSVerify: true },
      { name: "me", token: "t0ken" },
    );
    api = new KubernetesApi(config);
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("carry credentials, query and body, and share connections", async () => {
    const seen: unknown[] = [];
    answer = (request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        const { method, url, headers } = request;
        seen.push([method, url, headers.authorization, headers["content-type"], text]);
        response.end('{"ok":true}');
      });
    };
    assert.deepEqual(await api.send("PATCH", "/x", { query: { a: "1=2" }, body: { b: 1 } }), { ok: true });
    await api.send("POST", "/x", { body: { b: 1 } });
    await api.send("GET", "/x");
    assert.deepEqual(seen, [
      ["PATCH", "/x?a=1%3D2", "Bearer t0ken", "application/merge-patch+json", '{"b":1}'],
      ["POST", "/x", "Bearer t0ken", "application/json", '{"b":1}'],
      ["GET", "/x", "Bearer t0ken", undefined, ""],
    ]);
    for (let request = 0; request < 20; request++) await api.send("GET", "/x");
    assert.ok(connections.size <= 2, `${connections.size} connections for 23 requests`);
  });

  it("fail with the server's message, and repeat nothing else of its answer", async () => {
    answer = (_, response) => {
      response.writeHead(409).end('{"message":"the object has been modified","details":{"secret":"s3cret"}}');
    };
    const error = await failure(api.send("PUT", "/x", { body: { secret: "s3cret" } }));
    assert.equal(error.message, "PUT /x: 409 the object has been modified");
    assert.ok(isConflict(error) && !isNotFound(error));
    answer = (_, response) => {
      response.writeHead(502).end("<html>s3cret</html>");
    };
    assert.equal((await failure(api.send("GET", "/x"))).message, "GET /x: 502 ");
  });

  it("end when no answer comes", async () => {
    answer = () => undefined;
    const error = await failure(api.send("GET", "/x", { timeoutMs: 50 }));
    assert.equal(error.status, 0);
    assert.match(error.message, /no answer: .*timeout/);
  });
});

async function failure(request: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ApiError, String(error));
  return error;
}
