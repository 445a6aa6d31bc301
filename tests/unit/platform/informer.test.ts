import assert from "node:assert/strict";
import type { Watch } from "@kubernetes/client-node";
import { Informer, type WatchedObject } from "../../../platform/adapters/kubernetes/informer.ts";
import { quietLog } from "./quiet-log.ts";
import { ScriptedClock, settle } from "./scripted-clock.ts";

describe("the informer", () => {
  it("tells of what is there, what comes, what changes and what goes", async () => {
    const { server, told, informer } = await start(["a"]);
    server.send("ADDED", object("b", 11));
    server.send("MODIFIED", object("b", 12));
    server.send("MODIFIED", object("b", 12));
    server.send("DELETED", object("a", 13));
    assert.deepEqual(told, ["a@1", "b@11", "b@12", "a gone"]);
    assert.deepEqual(
      informer.list().map(({ metadata }) => metadata.name),
      ["b"],
    );
    await informer.stop();
  });

  it("keeps no bookkeeping of fields' owners", async () => {
    const { server, informer } = await start(["a"]);
    server.send("ADDED", object("b", 11));
    for (const { metadata } of informer.list()) assert.ok(!("managedFields" in metadata));
    await informer.stop();
  });

  it("goes on from where it was when the watch ends with an error", async () => {
    const { server, clock, told, informer, log } = await start(["a"]);
    server.send("ADDED", object("b", 11));
    server.end(new Error("connection lost"));
    await clock.advance(500);
    assert.equal(server.lists, 1);
    assert.equal(server.watchedFrom.at(-1), "11");
    server.send("ADDED", object("c", 12));
    assert.deepEqual(told, ["a@1", "b@11", "c@12"]);
    assert.deepEqual(log.lines, ["warn the watch ended with an error: connection lost"]);
    await informer.stop();
  });

  it("tries again and again, ever more slowly, while the API server does not answer", async () => {
    const { server, clock, informer } = await start(["a"], { answers: false });
    assert.equal(informer.synced, false);
    await clock.advance(60_000);
    assert.ok(server.lists > 10 && server.lists < 20, `${server.lists} tries in a minute`);
    server.answers = true;
    await clock.advance(5_000);
    assert.equal(informer.synced, true);
    await informer.stop();
  });

  it("tries again when a watch can't even be asked for", async () => {
    const { server, clock, informer, log } = await start(["a"]);
    server.credentials = false;
    server.end(new Error("connection lost"));
    await clock.advance(2_000);
    server.credentials = true;
    await clock.advance(5_000);
    server.send("ADDED", object("b", 11));
    assert.equal(informer.list().length, 2);
    assert.ok(log.lines.includes("warn the watch ended with an error: no token"));
    await informer.stop();
  });

  it("lists anew when its version is too old, and tells of what went meanwhile", async () => {
    const { server, clock, told, informer } = await start(["a", "b"]);
    server.objects = [object("b", 1), object("c", 20)];
    server.end(Object.assign(new Error("Gone"), { statusCode: 410 }));
    await clock.advance(1_000);
    assert.deepEqual(told, ["a@1", "b@1", "a gone", "c@20"]);
    assert.equal(server.lists, 2);
    await informer.stop();
  });

  it("lists anew every ten minutes, in case a change was missed", async () => {
    const { server, clock, told, informer } = await start(["a"]);
    server.objects = [object("b", 5)];
    await clock.advance(599_000);
    server.end(null);
    await clock.advance(1_000);
    assert.equal(server.lists, 1);
    assert.equal(server.asked.at(-1)?.["timeoutSeconds"], 600);
    server.end(null);
    await clock.advance(2_000);
    assert.equal(server.lists, 2);
    assert.deepEqual(told, ["a@1", "a gone", "b@5"]);
    await informer.stop();
  });

  it("asks for nothing more once it is stopped", async () => {
    const { server, clock, informer } = await start(["a"]);
    await informer.stop();
    server.end(new Error("aborted"));
    await clock.advance(60_000);
    assert.equal(server.asked.length, 1);
  });
});

/** A list and its watch, as a test wants them. */
class ScriptedServer {
  objects: WatchedObject[] = [];
  answers = true;
  credentials = true;
  lists = 0;
  readonly asked: Record<string, unknown>[] = [];
  #callback: ((phase: string, object: unknown) => void) | undefined;
  #done: ((error: unknown) => void) | undefined;

  get watchedFrom(): unknown[] {
    return this.asked.map((query) => query["resourceVersion"]);
  }

  list(): Promise<{ metadata: { resourceVersion: string }; items: object[] }> {
    this.lists++;
    if (!this.answers) return Promise.reject(new Error("no answer"));
    return Promise.resolve({ metadata: { resourceVersion: "10" }, items: structuredClone(this.objects) });
  }

  watch(...[, query, callback, done]: Parameters<Watch["watch"]>): Promise<AbortController> {
    if (!this.credentials) return Promise.reject(new Error("no token"));
    this.asked.push(query);
    this.#callback = callback;
    this.#done = done;
    return Promise.resolve(new AbortController());
  }

  send(phase: string, sent: WatchedObject): void {
    this.#callback?.(phase, structuredClone(sent));
  }

  end(error: unknown): void {
    this.#done?.(error);
  }
}

async function start(names: readonly string[], { answers = true } = {}) {
  const clock = new ScriptedClock();
  const log = quietLog();
  const server = new ScriptedServer();
  server.objects = names.map((name) => object(name, 1));
  server.answers = answers;
  const told: string[] = [];
  const informer = new Informer<WatchedObject>({
    path: "/things",
    source: { list: () => server.list(), watch: server },
    clock,
    log,
    changed: ({ metadata }, gone) =>
      void told.push(gone ? `${metadata.name} gone` : `${metadata.name}@${metadata.resourceVersion}`),
  });
  await informer.start();
  await settle();
  return { server, clock, log, told, informer };
}

function object(name: string, version: number): WatchedObject {
  const metadata = {
    name,
    namespace: "terrarium",
    resourceVersion: String(version),
    managedFields: [{ manager: "m" }],
  };
  return { metadata };
}
