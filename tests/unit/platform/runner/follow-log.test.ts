import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { logFollower } from "../../../../platform/runner/follow-log.ts";

describe("following the log of a pod", () => {
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let follow: ReturnType<typeof logFollower>;
  const never = new AbortController().signal;

  before(async () => {
    server = createServer((request, response) => {
      answer(request, response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const config = new KubeConfig();
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    config.loadFromClusterAndUser(
      { name: "scripted", server: address, skipTLSVerify: true },
      { name: "me", token: "t0ken" },
    );
    follow = logFollower(config, "terrarium", "operation");
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("tells each line, also of one that came in two parts, until the log ends", async () => {
    const seen: unknown[] = [];
    answer = ({ url, headers }, response) => {
      seen.push(url, headers.authorization);
      response.write("first\nsec");
      setImmediate(() => response.end("ond\n"));
    };
    const lines: string[] = [];
    await follow("pod-1", (line) => lines.push(line), never);
    assert.deepEqual(lines, ["first", "second"]);
    assert.deepEqual(seen, [
      "/api/v1/namespaces/terrarium/pods/pod-1/log?container=operation&follow=true",
      "Bearer t0ken",
    ]);
  });

  it("fails where the pod has no log", async () => {
    answer = (_, response) => response.writeHead(404).end("{}");
    await assert.rejects(
      follow("pod-1", () => undefined, never),
      { message: "The log of pod pod-1 can't be read: 404" },
    );
  });

  it("fails when the connection breaks", async () => {
    answer = (_, response) => {
      response.write("first\n", () => response.destroy());
    };
    await assert.rejects(follow("pod-1", () => undefined, never));
  });

  it("ends, with its connection, when nobody wants to hear more", async () => {
    const stop = new AbortController();
    let closed: Promise<unknown> = Promise.resolve();
    answer = (_, response) => {
      closed = once(response, "close");
      response.write("first\n");
    };
    const lines: string[] = [];
    const following = follow(
      "pod-1",
      (line) => {
        lines.push(line);
        stop.abort();
      },
      stop.signal,
    );
    await assert.rejects(following);
    await closed;
    assert.deepEqual(lines, ["first"]);
  });
});
