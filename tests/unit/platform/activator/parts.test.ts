import assert from "node:assert/strict";
import fc from "fast-check";
import { environmentsByHost, placeOf, routeOf } from "../../../../platform/activator/addresses.ts";
import { RequestTimes } from "../../../../platform/activator/request-times.ts";
import type { PreviewEnvironment } from "../../../../spec/index.ts";
import { quietLog } from "../quiet-log.ts";
import { ScriptedClock, settle } from "../scripted-clock.ts";
import { environmentIn } from "./test-activator.ts";

describe("The host of a request", () => {
  const name = fc
    .string({ unit: fc.constantFrom(..."abz09-"), minLength: 1, maxLength: 20 })
    .filter((text) => /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(text));
  const pattern = fc.constantFrom(
    "https://{name}.preview.example.com",
    "https://shop-{name}.example.com:8443",
    "http://{name}-preview.localhost",
  );

  it("names the environment whose address has it, in whichever case, with or without a port", () => {
    fc.assert(
      fc.property(name, pattern, (environment, url) => {
        const of = environmentsByHost(url);
        const { hostname } = new URL(url.replace("{name}", environment));
        for (const host of [hostname, `${hostname}:443`, hostname.toUpperCase(), `${hostname}.`])
          assert.equal(of(host), environment, host);
      }),
    );
  });

  it("names none otherwise", () => {
    const of = environmentsByHost("https://{name}.preview.example.com");
    for (const host of [
      undefined,
      "",
      ".preview.example.com",
      "preview.example.com",
      "a.b.preview.example.com",
      "a_b.preview.example.com",
      "x.example.com",
    ])
      assert.equal(of(host), undefined, host);
  });
});

describe("The path of a request", () => {
  it("leads to the service with the longest start of it, part by part", () => {
    const routes = [
      { path: "/", service: "web", port: 1 },
      { path: "/api", service: "api", port: 2 },
      { path: "/api/files/", service: "files", port: 3 },
    ];
    const of = (path: string) => routeOf(path, routes)?.service;
    assert.deepEqual(
      ["/", "/apis", "/api", "/api?x=/api/files", "/api/x", "/api/files", "/api/files/1", "/api/filesystem"].map(of),
      ["web", "web", "api", "api", "api", "files", "files", "api"],
    );
    assert.equal(routeOf("/x", routes.slice(1)), undefined);
    const place = placeOf(environmentIn("Ready"), { path: "/", service: "web", port: 8080 });
    assert.deepEqual(place, { host: "web.preview-shop.svc", port: 8080 });
  });
});

describe("The times of requests", () => {
  const of = (environment: PreviewEnvironment, failures = 0) => {
    const clock = new ScriptedClock();
    const written: Date[] = [];
    let left = failures;
    const times = new RequestTimes({
      get: () => environment,
      write: (_, at) => {
        if (left-- > 0) return Promise.reject(new Error("no answer"));
        written.push(at);
        return Promise.resolve();
      },
      clock,
      log: quietLog(),
    });
    return { clock, written, times };
  };

  it("are written now and then while an environment is awake", async () => {
    const ready = environmentIn("Ready");
    const { clock, written, times } = of(ready);
    for (let second = 0; second <= 60; second++) {
      times.note(ready);
      await clock.advance(1000);
    }
    assert.equal(written.length, 3);
  });

  it("are written at once where they wake it, once, and later than it fell asleep by anybody's clock", async () => {
    const asleep = environmentIn("Asleep", { status: { lastRequestAt: "2026-03-01T10:59:59Z" } });
    const { written, times } = of(asleep);
    for (let count = 0; count < 5; count++) times.note(asleep);
    await settle();
    times.note(asleep);
    await settle();
    assert.equal(written.length, 1);
    assert.ok((written[0]?.getTime() ?? 0) > Date.parse("2026-03-01T11:00:00Z"));
  });

  it("are written again when that has failed", async () => {
    const asleep = environmentIn("Asleep");
    const { clock, written, times } = of(asleep, 2);
    times.note(asleep);
    for (let second = 0; second < 3; second++) {
      await clock.advance(1000);
    }
    assert.equal(written.length, 1);
  });
});
