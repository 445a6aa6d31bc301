import assert from "node:assert/strict";
import { homedir } from "node:os";
import { createProgress, defaultCacheDir, ensureToolchain } from "../../clusters/toolchain/index.ts";
import { LOG_LIMITS } from "../../components/observability/settings.ts";
import { eventually, LogPipeline } from "./log-pipeline.ts";

/** Where the tools must be built first, as on a new machine. */
const BUILD_TIMEOUT_MS = 1_200_000;

describe("the way of log lines, with the real collector and the real Loki", () => {
  let pipeline: LogPipeline;

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    const tools = await ensureToolchain(["otelcol", "loki"], {
      cacheDir: defaultCacheDir(process.env, process.platform, homedir()),
      progress: createProgress(process.stderr),
      env: process.env,
    });
    pipeline = new LogPipeline(tools);
    await pipeline.start(["shop", "long", "json", "preview-*"]);
  });

  after(() => pipeline.stop());

  it("loses no line and repeats none, however often the collector is killed while a pod writes", async () => {
    const perBurst = 50;
    const bursts = 30;
    const wanted = Array.from({ length: perBurst * bursts }, (_, index) => `line ${index}`);
    const stored = async () => (await pipeline.stored("shop")).map(({ text }) => text);
    for (let burst = 0; burst < bursts; burst++) {
      pipeline.log("shop", "web-0", wanted.slice(burst * perBurst, (burst + 1) * perBurst));
      if (burst % 6 !== 5) continue;
      // While it reads: some of what is there has been sent, and not all.
      await eventually("some lines", async () => ((await stored()).length > burst * 10 ? true : undefined));
      await pipeline.killCollector();
      await pipeline.startCollector();
    }
    await eventually("the last line", async () => ((await stored()).includes(wanted.at(-1) ?? "") ? true : undefined));
    assert.deepEqual((await stored()).toSorted(), wanted.toSorted());
  });

  it("finds level and message of lines that are JSON, whose other fields become no labels", async () => {
    const line = JSON.stringify({ level: 50, msg: "it broke", user: "u-1", route: "/a", nested: { deep: true } });
    pipeline.log("json", "web-0", [line]);
    const [found] = await eventually("the line", async () => {
      const lines = await pipeline.stored("json");
      return lines.length > 0 ? lines : undefined;
    });
    assert.equal(found?.text, line);
    assert.equal(found.labels["message"], "it broke");
    assert.equal(found.labels["detected_level"], "error");
    assert.deepEqual(await pipeline.indexLabels(), ["k8s_namespace_name", "k8s_pod_name", "service_name"]);
    for (const field of ["user", "route", "nested", "nested_deep"]) assert.ok(!(field in found.labels), field);
  });

  it("keeps a line whose message is too long to stand beside it, and makes several of one that is too long", async () => {
    const message = "m".repeat(LOG_LIMITS.fieldBytes + 1);
    const withMessage = JSON.stringify({ level: "info", msg: message });
    // Loki keeps one of two lines that are alike and of the same moment.
    const long = "xy".replace(/./g, (letter) => letter.repeat(LOG_LIMITS.lineBytes));
    pipeline.log("long", "web-0", [withMessage, long, "short"]);
    const lines = await eventually("all three", async () => {
      const found = await pipeline.stored("long");
      return found.some(({ text }) => text === "short") ? found : undefined;
    });
    assert.ok(lines.some(({ text, labels }) => text === withMessage && !("message" in labels)));
    const parts = lines.filter(({ text }) => /^(xx|yy)/.test(text));
    assert.equal(parts.map(({ text }) => text).join("").length, long.length);
    for (const { text } of parts) assert.ok(text.length <= LOG_LIMITS.lineBytes, String(text.length));
  });

  it("takes the namespaces that it is told of, and no other", async () => {
    for (const namespace of ["preview-pr-7", "another", "shop-logs", "preview"])
      pipeline.log(namespace, "web-0", [namespace]);
    await eventually("the preview's line", async () =>
      (await pipeline.stored("preview-pr-7")).length === 1 ? true : undefined,
    );
    for (const namespace of ["another", "shop-logs", "preview"])
      assert.deepEqual(await pipeline.stored(namespace), [], namespace);
  });

  it("sends the traces of services on to where they are to go", async () => {
    assert.equal(await pipeline.sendSpan("GET /basket"), 200);
    await eventually("the span", () =>
      Promise.resolve(
        pipeline.traces.some(({ path, body }) => path === "/v1/traces" && body.length > 0) ? true : undefined,
      ),
    );
  });
});
