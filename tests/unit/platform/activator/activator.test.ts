import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { ask, environmentIn, startActivator, startService, type TestActivator } from "./test-activator.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml" };

describe("The activator", () => {
  let activator: TestActivator;
  const closing: (() => Promise<void>)[] = [];

  const start = async (settings: Parameters<typeof startActivator>[0] = {}) => {
    activator = await startActivator(settings);
    closing.push(() => activator.close());
    return activator;
  };
  const serve = async (answer: Parameters<typeof startService>[0]) => {
    const service = await startService(answer);
    closing.push(service.close);
    activator.service = service.port;
    return service;
  };

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** Until so many requests wait. */
  const waiting = async (count: number) => {
    while (activator.room.count !== count) await new Promise((resolve) => setImmediate(resolve));
  };

  it("passes requests on as they are, and answers as they come", async () => {
    await start();
    activator.put(environmentIn("Ready"));
    let seen: { method?: string; url?: string; headers: unknown; body: string } | undefined;
    await serve((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        seen = { method: request.method, url: request.url, headers: request.headers, body };
        response.writeHead(201, "Made", [
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
        ]);
        response.end("here");
      });
    });
    const answer = await ask(activator.port, {
      method: "PUT",
      path: "/a?b=c%20d",
      body: "body",
      headers: { "x-one": "1", connection: "x-two, close", "x-two": "2", "transfer-encoding": "chunked" },
    });
    assert.deepEqual([answer.status, answer.text, answer.headers["set-cookie"]], [201, "here", ["a=1", "b=2"]]);
    assert.deepEqual([seen?.method, seen?.url, seen?.body], ["PUT", "/a?b=c%20d", "body"]);
    const { host, "x-one": one, "x-two": two } = seen?.headers as Record<string, string>;
    assert.deepEqual([host, one, two], ["shop.preview.example.com", "1", undefined]);
    assert.deepEqual(activator.written, ["shop"]);
  });

  it("streams: the first piece of an answer comes before the last one is made", async () => {
    await start();
    activator.put(environmentIn("Ready"));
    let finish: () => void = () => undefined;
    await serve((_, response) => {
      response.write("first");
      finish = () => response.end("last");
    });
    const socket = connect(activator.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: shop.preview.example.com\r\n\r\n");
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    while (!text.includes("first")) await once(socket, "data");
    assert.doesNotMatch(text, /last/);
    finish();
    while (!text.includes("last")) await once(socket, "data");
    socket.destroy();
  });

  it("tells the service when the client has gone", async () => {
    await start();
    activator.put(environmentIn("Ready"));
    let gone: Promise<unknown> | undefined;
    const service = await serve((request) => {
      gone = once(request.socket, "close");
    });
    const socket = connect(activator.port, "127.0.0.1");
    const arrived = once(service.server, "request");
    socket.write("GET / HTTP/1.1\r\nHost: shop.preview.example.com\r\n\r\n");
    await arrived;
    socket.destroy();
    await gone;
  });

  it("passes websockets on, in both directions", async () => {
    await start();
    activator.put(environmentIn("Ready"));
    const { server } = await serve((_, response) => response.end());
    server.on("upgrade", (request, socket, head) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
      socket.write(`${request.url} ${head.toString()}`);
      socket.pipe(socket);
    });
    const socket = connect(activator.port, "127.0.0.1");
    const lines = ["GET /hmr HTTP/1.1", "Host: shop.preview.example.com", "Connection: Upgrade", "Upgrade: echo"];
    socket.write(`${lines.join("\r\n")}\r\n\r\nearly`);
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    while (!text.includes("/hmr early")) await once(socket, "data");
    assert.match(text, /^HTTP\/1\.1 101 /);
    socket.write("later");
    while (!text.includes("later")) await once(socket, "data");
    socket.end();
    await once(socket, "close");
    assert.deepEqual(activator.results, ["passed-on"]);
  });

  it("ends although websockets are open, and ends them", async () => {
    await start();
    activator.put(environmentIn("Ready"));
    const { server } = await serve((_, response) => response.end());
    server.on("upgrade", (_, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
      socket.pipe(socket);
    });
    const socket = connect(activator.port, "127.0.0.1");
    const lines = ["GET /hmr HTTP/1.1", "Host: shop.preview.example.com", "Connection: Upgrade", "Upgrade: echo"];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    await once(socket, "data");
    const closed = once(socket, "close");
    await activator.close();
    await closed;
  });

  it("holds the first requests until their environment is up, and wakes it once", async () => {
    await start();
    activator.put(environmentIn("Asleep"));
    let answered = 0;
    await serve((request, response) => {
      answered += 1;
      request.pipe(response);
    });
    const held = Array.from({ length: 5 }, (_, index) =>
      ask(activator.port, { method: "POST", path: `/${index}`, body: `body ${index}` }),
    );
    await waiting(5);
    assert.deepEqual([activator.written, answered], [["shop"], 0]);
    activator.put(environmentIn("Provisioning"));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(answered, 0, "it is asked before it is ready");
    activator.put(environmentIn("Ready"));
    const texts = (await Promise.all(held)).map(({ text }) => text);
    assert.deepEqual(texts, ["body 0", "body 1", "body 2", "body 3", "body 4"]);
    assert.equal(activator.room.count, 0);
  });

  it("wakes an environment that is just being put to sleep", async () => {
    await start();
    activator.put(environmentIn("Provisioning", { sleeps: true }));
    await serve((_, response) => response.end("up"));
    const held = ask(activator.port);
    await waiting(1);
    assert.deepEqual(activator.written, ["shop"]);
    activator.put(environmentIn("Ready"));
    assert.equal((await held).text, "up");
  });

  it("tells a browser after a moment that it takes longer, with a page that comes back by itself", async () => {
    await start({ pageMs: 1 });
    activator.put(environmentIn("Asleep"));
    const { status, headers, text } = await ask(activator.port, { headers: BROWSER });
    assert.deepEqual([status, headers["retry-after"], headers["refresh"]], [503, "3", "3"]);
    assert.deepEqual([headers["content-type"], headers["cache-control"]], ["text/html; charset=utf-8", "no-store"]);
    assert.match(text, /<h1>shop wakes up<\/h1>/);
    assert.match(String(headers["content-security-policy"]), /default-src 'none'; style-src 'sha256-/);
    activator.put(environmentIn("Queued", { status: { position: 3 } }));
    assert.match((await ask(activator.port, { headers: BROWSER })).text, /number 3 in line/);
  });

  it("gives up on other requests after a while, and says when to ask again", async () => {
    await start({ holdMs: 1 });
    activator.put(environmentIn("Asleep"));
    const { status, headers, text } = await ask(activator.port, { method: "POST", body: "x".repeat(1e6) });
    assert.deepEqual([status, headers["retry-after"]], [503, "3"]);
    assert.equal(headers["content-type"], "application/problem+json");
    assert.deepEqual(JSON.parse(text), {
      type: "about:blank",
      title: "shop wakes up",
      status: 503,
      detail: "It is started again, its data stores first. This page comes back by itself when it is there.",
    });
  });

  it("holds no more requests than there are places for", async () => {
    await start({ places: 2 });
    activator.put(environmentIn("Asleep"));
    await serve((_, response) => response.end("up"));
    const held = [ask(activator.port), ask(activator.port)];
    await waiting(2);
    const { status, text } = await ask(activator.port);
    assert.equal(status, 503);
    assert.match(text, /As many requests wait for it as may/);
    activator.put(environmentIn("Ready"));
    for (const { text: said } of await Promise.all(held)) assert.equal(said, "up");
  });

  it("gives the place of a client away that has gone", async () => {
    await start({ places: 1 });
    activator.put(environmentIn("Asleep"));
    const socket = connect(activator.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: shop.preview.example.com\r\n\r\n");
    await waiting(1);
    socket.destroy();
    await waiting(0);
  });

  it("lets a websocket neither wake an environment nor wait for one", async () => {
    await start();
    activator.put(environmentIn("Asleep"));
    const socket = connect(activator.port, "127.0.0.1");
    socket.write(
      "GET / HTTP/1.1\r\nHost: shop.preview.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    await once(socket, "close");
    assert.match(text, /^HTTP\/1\.1 503 /);
    assert.deepEqual([activator.written, activator.room.count], [[], 0]);
  });

  it("passes requests on while an environment is updated that was up before", async () => {
    await start();
    await serve((_, response) => response.end("old"));
    for (const phase of ["Provisioning", "Failed"] as const) {
      activator.put(environmentIn(phase, { wasReady: true }));
      assert.equal((await ask(activator.port)).text, "old");
    }
  });

  it("asks again where a service that is ready takes no connection yet", async () => {
    await start();
    activator.put(environmentIn("Ready"));
    const free = await startService(() => undefined);
    await free.close();
    activator.service = free.port;
    const held = ask(activator.port);
    const service = await startService((_, response) => response.end("there"), free.port);
    closing.push(service.close);
    assert.equal((await held).text, "there");
  });

  it("says so when a service ends a connection without an answer", async () => {
    await start();
    activator.put(environmentIn("Ready"));
    await serve((request) => request.socket.destroy());
    const { status, text } = await ask(activator.port);
    assert.deepEqual([status, (JSON.parse(text) as { title: string }).title], [502, "shop does not answer"]);
    assert.deepEqual(activator.results, ["unreachable"]);
  });

  it("tells nobody more than that an environment could not be started", async () => {
    await start();
    activator.put(environmentIn("Failed", { status: { failed: "abc" } }));
    const { status, headers, text } = await ask(activator.port);
    assert.deepEqual([status, headers["retry-after"]], [503, undefined]);
    assert.match(text, /terrarium env describe shop/);
  });

  it("knows no environment for other hosts, nor a service for other paths", async () => {
    await start();
    activator.put(environmentIn("Ready", { status: { routes: [{ path: "/api", service: "api", port: 1 }] } }));
    for (const host of [
      "shop.example.com",
      "preview.example.com",
      "other.preview.example.com",
      "a.shop.preview.example.com",
    ])
      assert.equal((await ask(activator.port, { host })).status, 404, host);
    const { status, text } = await ask(activator.port, { path: "/apis" });
    assert.deepEqual([status, (JSON.parse(text) as { title: string }).title], [404, "Nothing is served here"]);
  });
});
