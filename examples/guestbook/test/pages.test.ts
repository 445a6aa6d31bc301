import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TEST_PASSWORD, useApplication } from "./application.ts";
import { until } from "./sandbox.ts";

const app = await useApplication();

/** A browser without scripts: keeps the cookie, follows no redirect by itself. */
class Browser {
  #cookie = "";
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async get(path: string): Promise<{ status: number; headers: Headers; text: string }> {
    return this.#send(path, { headers: { cookie: this.#cookie } });
  }

  async post(path: string, form: Record<string, string>): Promise<{ status: number; headers: Headers; text: string }> {
    return this.#send(path, { method: "POST", body: new URLSearchParams(form), headers: { cookie: this.#cookie } });
  }

  async #send(path: string, init: RequestInit): Promise<{ status: number; headers: Headers; text: string }> {
    const response = await fetch(new URL(path, this.#url), { ...init, redirect: "manual" });
    const cookie = response.headers.get("set-cookie");
    if (cookie) this.#cookie = cookie.split(";")[0] ?? "";
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
}

const formTokenOf = (page: string) => /name="formToken" value="([^"]+)"/.exec(page)?.[1] ?? "";

describe("the pages", () => {
  it("let a guest sign, and show what was written as text", async () => {
    const browser = new Browser(app.urls.mf);
    const first = await browser.get("/");
    assert.equal(first.status, 200);
    assert.match(first.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    const message = `<script>alert("hi")</script> from a guest`;
    const formToken = formTokenOf(first.text);
    const signed = await browser.post("/entries", { formToken, author: `"><img src=x>`, message });
    assert.deepEqual([signed.status, signed.headers.get("location")], [303, "/?notice=signed"]);
    const { text } = await until("the entry is on the page", async () => {
      const page = await browser.get("/");
      return page.text.includes("from a guest") ? page : undefined;
    });
    assert.ok(text.includes("&lt;script&gt;alert(&quot;hi&quot;)&lt;/script&gt; from a guest"));
    assert.ok(!text.includes("<script") && !text.includes("<img"));
  });

  it("refuse forms of other sites and of other visitors", async () => {
    const browser = new Browser(app.urls.mf);
    const form = { author: "Eve", message: "forged" };
    assert.equal((await browser.post("/entries", form)).status, 403);
    const stranger = formTokenOf((await new Browser(app.urls.mf).get("/")).text);
    await browser.get("/");
    assert.equal((await browser.post("/entries", { ...form, formToken: stranger })).status, 403);
  });

  it("log the test user in with a new session, and out again", async () => {
    const browser = new Browser(app.urls.mf);
    const formToken = formTokenOf((await browser.get("/")).text);
    const credentials = { formToken, username: "test", password: "wrong" };
    const wrong = await browser.post("/login", credentials);
    assert.equal(wrong.status, 401);
    assert.match(wrong.text, /User name or password is wrong/);
    const again = formTokenOf((await browser.get("/")).text);
    const login = await browser.post("/login", { ...credentials, formToken: again, password: TEST_PASSWORD });
    assert.equal(login.status, 303);
    const page = await browser.get("/");
    assert.match(page.text, /Logged in as <strong>test<\/strong>/);
    assert.notEqual(formTokenOf(page.text), again);
    assert.equal((await browser.post("/logout", { formToken: formTokenOf(page.text) })).status, 303);
    assert.doesNotMatch((await browser.get("/")).text, /Logged in as/);
  });

  it("find entries by their meaning", async () => {
    const { text } = await new Browser(app.urls.mf).get("/?q=orchids%20and%20ferns");
    assert.match(text, /value="orchids and ferns"/);
    assert.ok(text.indexOf("small orchids") < text.indexOf("Welcome to the guestbook"));
  });

  it("say so when the backend is away, stay ready, and come back with it", async () => {
    await app.roles.backend.terminate();
    const browser = new Browser(app.urls.mf);
    const page = await browser.get("/");
    assert.equal(page.status, 503);
    assert.match(page.text, /try again shortly/);
    assert.equal((await fetch(`${app.urls.mf}/ready`)).status, 200);
    await app.restart("backend");
    assert.equal((await browser.get("/")).status, 200);
  });
});
