import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { audit, findBrowser, openWindows, type Look } from "./dashboard/browser.ts";
import { DashboardServer, letView, tokenFor } from "./dashboard/server.ts";
import { HOSTILE, plant, plantRecords, plantWorkloads, SEEDS } from "./dashboard/world.ts";
import { ENVIRONMENTS, PlatformCluster } from "./platform-cluster.ts";

const PAGES = {
  "the list": "/",
  "a list of nothing": "/?search=no-such-thing",
  "an environment that is Ready": "/environments/shop-checkout",
  "one that is Provisioning": "/environments/shop-search",
  "one that broke policies": "/environments/shop-payments",
  "one that is asleep": "/environments/shop-reports",
  "one of a fork": "/environments/shop-fork",
  "one whose deletion does not end": "/environments/shop-old",
  "the log of a pod": "/environments/shop-checkout/pods/postgres-0",
  "the question before a deletion": "/environments/shop-checkout/delete",
  "the queue": "/queue",
  "the leftovers": "/leftovers",
  "the way in": "/sign-in",
  "a page that is not there": "/environments/no-such-thing",
} as const;

const LOOKS: readonly Look[] = [
  { scheme: "light", size: "desktop" },
  { scheme: "dark", size: "phone" },
  { scheme: "dark", size: "desktop" },
  { scheme: "light", size: "phone" },
];

const open = await findBrowser();
if (typeof open === "string") console.log(`engine: the dashboard is not looked at in a browser: ${open}`);

describe("The dashboard", () => {
  let cluster: PlatformCluster;
  let server: DashboardServer;
  let token: string;
  let reader: string;
  /** What takes down what was brought up, the last first. */
  const undo: (() => Promise<void>)[] = [];

  before(async () => {
    cluster = await PlatformCluster.create();
    undo.push(() => cluster.remove());
    await plant(cluster, SEEDS);
    for (const name of ["shop-checkout", "shop-search", "hostile"]) await plantRecords(cluster, name);
    await plantWorkloads(cluster, "shop-checkout", ["postgres", "shop-mf", "shop-backend"]);
    server = await DashboardServer.start(cluster);
    undo.push(() => server.stop());
    token = await tokenFor(cluster, "ada", ["get", "list", "watch", "patch", "update", "delete"]);
    await letView(cluster, "ada", "preview-shop-checkout");
    server.podLog.push("starting", `connected ${HOSTILE}`);
    reader = await tokenFor(cluster, "reader", ["get", "list", "watch"]);
  });

  after(async () => {
    for (const each of undo.reverse()) await each();
  });

  /** Asks as a browser does that came in with a token. */
  async function ask(path: string, { as = token, form, site = "same-origin" }: Asking = {}): Promise<Response> {
    const headers: Record<string, string> = { "sec-fetch-site": site };
    if (as !== "") headers["cookie"] = `terrarium-token=${as}`;
    const sent = form ? { method: "POST", body: new URLSearchParams(form) } : {};
    return fetch(`${server.address}${path}`, { headers, redirect: "manual", ...sent });
  }

  it("leads whoever is not known to the way in, and from there to where they wanted to go", async () => {
    const refused = await ask("/environments/shop-checkout?x=1", { as: "" });
    assert.equal(refused.status, 303);
    assert.equal(refused.headers.get("location"), "/sign-in?to=%2Fenvironments%2Fshop-checkout%3Fx%3D1");
    const to = "/environments/shop-checkout?x=1";
    const wrong = await ask("/session", { as: "", form: { token: "no-token", to } });
    assert.equal(wrong.status, 401);
    assert.match(await wrong.text(), /role="alert"/);
    const entered = await ask("/session", { as: "", form: { token, to } });
    assert.equal(entered.headers.get("location"), to);
    assert.match(entered.headers.get("set-cookie") ?? "", /^terrarium-token=.*HttpOnly; SameSite=Strict/);
    for (const elsewhere of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"]) {
      const led = await ask("/session", { as: "", form: { token, to: elsewhere } });
      assert.equal(led.headers.get("location"), "/", elsewhere);
    }
  });

  it("shows everybody what they may see and do, and no more", async () => {
    const stranger = await tokenFor(cluster, "stranger", ["watch"]);
    for (const path of ["/", "/queue", "/leftovers", "/environments/shop-checkout", "/events"]) {
      const refused = await ask(path, { as: stranger });
      assert.equal(refused.status, 403, path);
      assert.doesNotMatch(await refused.text(), /feature\/checkout/, path);
    }
    const seen = await (await ask("/environments/shop-checkout", { as: reader })).text();
    assert.match(seen, /There is nothing that you may do/);
    assert.doesNotMatch(seen, /action="\/environments/);
    for (const action of ["extend", "sleep", "wake", "approve", "delete"]) {
      const refused = await ask(`/environments/shop-checkout/${action}`, {
        as: reader,
        form: { by: "24h", commit: "" },
      });
      assert.equal(refused.status, 403, action);
    }
    const { spec, metadata } = (await cluster.environment("shop-checkout")) ?? assert.fail("it is gone");
    assert.deepEqual([spec.extendedUntil, spec.sleep, metadata.deletionTimestamp], [undefined, undefined, undefined]);
  });

  it("shows logs of pods to whom `kubectl logs` would show them, and to nobody else", async () => {
    const pod = "/environments/shop-checkout/pods/postgres-0";
    const seen = await (await ask(pod)).text();
    assert.match(seen, /Log of postgres[^]*starting\nconnected/);
    assert.match(await (await ask("/environments/shop-checkout")).text(), new RegExp(`href="${pod}"`));
    assert.doesNotMatch(await (await ask("/environments/shop-checkout", { as: reader })).text(), /\/pods\//);
    for (const path of [pod, `${pod}/log`]) {
      const refused = await ask(path, { as: reader });
      assert.equal(refused.status, 403, path);
      assert.doesNotMatch(await refused.text(), /starting/);
    }
    for (const path of ["/environments/shop-checkout/pods/gone-0", `${pod}?container=other`])
      assert.equal((await ask(path)).status, 404, path);
    assert.equal((await ask("/environments/shop-search/pods/postgres-0")).status, 403, "another namespace");
  });

  it("does nothing that a page of somebody else asks for", async () => {
    for (const site of ["cross-site", "same-site"]) {
      const refused = await ask("/environments/shop-checkout/delete", { form: {}, site });
      assert.equal(refused.status, 403);
    }
    assert.equal((await cluster.environment("shop-checkout"))?.metadata.deletionTimestamp, undefined);
  });

  it("does what its forms say, by the rights of who sends them", async () => {
    const done = async (action: string, form: Record<string, string>, name = "shop-drifted"): Promise<void> => {
      const answer = await ask(`/environments/${name}/${action}`, { form });
      assert.equal(answer.status, 303, await answer.text());
      assert.equal(answer.headers.get("location"), `/environments/${name}?done=${action}`);
    };
    await done("extend", { by: "72h" });
    await done("sleep", {});
    const changed = (await cluster.environment("shop-drifted"))?.spec;
    assert.ok(Date.parse(changed?.extendedUntil ?? "") > Date.now() + 71 * 3_600_000);
    assert.ok(changed?.sleep?.sleepAt !== undefined);
    await done("wake", {}, "shop-reports");
    const { source } = (await cluster.environment("shop-fork"))?.spec ?? assert.fail();
    const outdated = await ask("/environments/shop-fork/approve", { form: { commit: "0".repeat(40) } });
    assert.equal(outdated.status, 409);
    await done("approve", { commit: source.commit ?? "" }, "shop-fork");
    assert.equal((await cluster.environment("shop-fork"))?.spec.approval?.commit, source.commit);
    assert.equal((await ask("/environments/shop-drifted/extend", { form: { by: "9999d" } })).status, 422);
    assert.ok(server.log.some((line) => line.includes('"audit"') && line.includes('"approve"')));
  });

  it("allows pages nothing but its own files, which browsers may keep", async () => {
    for (const path of Object.values(PAGES)) {
      const answer = await ask(path);
      const policy = answer.headers.get("content-security-policy") ?? "";
      assert.match(policy, /^default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe|\*|https?:/);
      const page = await answer.text();
      assert.doesNotMatch(page, /<style|\sstyle=|<script(?! src)|<[^>]*\son\w+=/, path);
    }
    const page = await (await ask("/")).text();
    for (const [, address = ""] of page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)) {
      const file = await ask(address, { as: "" });
      assert.equal(file.headers.get("cache-control"), "public, max-age=31536000, immutable");
    }
  });

  it("tells a page that follows when something has changed", async () => {
    const answer = await ask("/events");
    const reading = answer.body?.getReader() ?? assert.fail();
    await cluster.api.send("PATCH", `${ENVIRONMENTS}/shop-new`, { body: { spec: { ttl: "24h" } } });
    let text = "";
    while (!text.includes("event: change")) {
      const chunk: { readonly done: boolean; readonly value?: unknown } = await reading.read();
      if (chunk.done) break;
      text += Buffer.from(chunk.value as Uint8Array).toString();
    }
    assert.match(text, /event: change\ndata: null\n/);
    await reading.cancel();
  });

  if (typeof open !== "string") lookedAt(open);

  function lookedAt(launch: () => Promise<Browser>): void {
    let browser: Browser;

    before(async () => {
      browser = await launch();
      undo.push(() => browser.close());
    });

    for (const look of LOOKS) {
      it(`keeps to WCAG AA and its own policy on every page, ${look.scheme}, on a ${look.size}`, async () => {
        const { context, misdeeds } = await openWindows(browser, { address: server.address, token, look });
        for (const [what, path] of Object.entries(PAGES)) {
          const page = await context.newPage();
          await page.goto(path, { waitUntil: "load" });
          assert.deepEqual(await audit(page), [], what);
          const tooWide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          assert.ok(Number(tooWide) <= 0, `${what} is ${String(tooWide)} pixels too wide`);
          await page.close();
        }
        assert.deepEqual(misdeeds.list, []);
        await context.close();
      });
    }

    it("shows whatever stands in an environment, its log and its events as text", async () => {
      const look: Look = { scheme: "light", size: "desktop" };
      const { context, misdeeds } = await openWindows(browser, { address: server.address, token, look });
      const page = await context.newPage();
      const texts = {
        "/environments/hostile": HOSTILE,
        "/": `<b>"'&`,
        "/queue": HOSTILE,
        "/environments/shop-checkout/pods/postgres-0": HOSTILE,
        [`/?search=${encodeURIComponent(HOSTILE)}`]: HOSTILE,
      };
      for (const [path, text] of Object.entries(texts)) {
        await page.goto(path);
        assert.equal(await page.evaluate("window.broken"), undefined, path);
        assert.equal(await page.locator("main img, main script, [href^='javascript:']").count(), 0, path);
        assert.ok((await page.locator("body").innerText()).includes(text), path);
      }
      assert.deepEqual(misdeeds.list, []);
      await context.close();
    });

    it("is walked through with the keyboard alone", async () => {
      const look: Look = { scheme: "light", size: "desktop" };
      const { context } = await openWindows(browser, { address: server.address, token, look });
      const page = await context.newPage();
      await page.goto("/");
      await page.keyboard.press("Tab");
      assert.equal(await focused(page), "Skip to the content");
      assert.match(await outline(page), /^solid/);
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate("document.activeElement.id"), "main");
      await page.keyboard.press("/");
      assert.equal(await page.evaluate("document.activeElement.id"), "search");
      await page.keyboard.type("checkout");
      await page.keyboard.press("Enter");
      await page.waitForURL(/search=checkout/);
      for (let presses = 0; presses < 40 && (await focused(page)) !== "shop-checkout"; presses += 1) {
        await page.keyboard.press("Tab");
        assert.match(await outline(page), /^solid/, await focused(page));
      }
      await page.keyboard.press("Enter");
      await page.waitForURL(/environments\/shop-checkout$/);
      await context.close();
    });

    it("works without JavaScript", async () => {
      const look: Look = { scheme: "light", size: "desktop", script: false };
      const { context } = await openWindows(browser, { address: server.address, look });
      const page = await context.newPage();
      await page.goto("/?phase=Ready");
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL(/phase=Ready/);
      await page.getByLabel("Search environments").fill("checkout");
      await page.getByRole("button", { name: "Show" }).click();
      await page.getByRole("link", { name: "shop-checkout", exact: true }).click();
      await page.getByLabel("Keep it longer by").selectOption("168h");
      await page.getByRole("button", { name: "Keep it longer" }).click();
      assert.match(await page.getByText("It is kept longer.").innerText(), /kept longer/);
      await page.getByText("As a list").click();
      assert.ok(await page.getByRole("cell", { name: "shop-mf" }).first().isVisible());
      await page.goto("/environments/shop-new");
      await page.getByRole("link", { name: "Delete…" }).click();
      await page.getByRole("button", { name: "Delete it" }).click();
      await page.waitForURL(/shop-new/);
      assert.equal(await cluster.environment("shop-new"), undefined);
      await context.close();
    });

    it("follows the log of a pod", async () => {
      const look: Look = { scheme: "light", size: "desktop" };
      const { context, misdeeds } = await openWindows(browser, { address: server.address, token, look });
      const page = await context.newPage();
      await page.goto("/environments/shop-checkout/pods/postgres-0");
      server.podLog.push(`a line that came later ${HOSTILE}`);
      await page.getByText("a line that came later").waitFor({ timeout: 60_000 });
      assert.equal((await page.locator("#log").innerText()).match(/starting/g)?.length, 1);
      assert.equal(await page.evaluate("window.broken"), undefined);
      assert.deepEqual(misdeeds.list, []);
      await context.close();
    });

    it("follows what changes, and leaves what somebody has opened or focused as it is", async () => {
      const look: Look = { scheme: "light", size: "desktop" };
      const { context, misdeeds } = await openWindows(browser, { address: server.address, token, look });
      const page = await context.newPage();
      await page.goto("/environments/shop-search");
      await page.getByText("What changes").click();
      await page.locator("#by").focus();
      const status = { operation: { progress: "40 of 47: Deployment/shop-mf" } };
      await cluster.api.send("PATCH", `${ENVIRONMENTS}/shop-search/status`, { body: { status } });
      await page.getByText("Update: 40 of 47: Deployment/shop-mf").waitFor({ timeout: 60_000 });
      assert.ok(await page.locator("details.changes[open]").isVisible());
      assert.equal(await page.evaluate("document.activeElement.id"), "by");
      assert.deepEqual(misdeeds.list, []);
      await context.close();
    });
  }
});

interface Asking {
  readonly as?: string;
  readonly form?: Record<string, string>;
  readonly site?: string;
}

function focused(page: Page): Promise<string> {
  return page.evaluate("document.activeElement.textContent.trim()");
}

/** Style of the line around what is focused. */
function outline(page: Page): Promise<string> {
  return page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
}
