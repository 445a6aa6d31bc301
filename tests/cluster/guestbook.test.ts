import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import { shared } from "./kubectl.ts";
import { request } from "./request.ts";
import { unique } from "./stack.ts";

const { secret, sql } = shared;

interface Entry {
  readonly id: string;
  readonly author: string;
  readonly verified: boolean;
  readonly message: string;
  readonly status: string;
  readonly similarity?: number;
}

/** A visitor with a browser: keeps the cookie and the token of the page's forms. */
class Visitor {
  #cookie = "";
  #formToken = "";

  async open(path = "/"): Promise<string> {
    const { status, text, headers } = await request<string>("guestbook-mf", path, {
      headers: { cookie: this.#cookie },
    });
    assert.equal(status, 200, text);
    this.#keep(headers);
    this.#formToken = /name="formToken" value="([^"]+)"/.exec(text)?.[1] ?? this.#formToken;
    return text;
  }

  async submit(path: string, form: Readonly<Record<string, string>>) {
    const answer = await request("guestbook-mf", path, {
      form: { formToken: this.#formToken, ...form },
      headers: { cookie: this.#cookie },
    });
    this.#keep(answer.headers);
    return answer;
  }

  #keep(headers: Headers): void {
    const [cookie] = headers.getSetCookie();
    if (cookie !== undefined) this.#cookie = cookie.split(";")[0] ?? "";
  }
}

/** Adds an entry through the API and waits until the worker has judged it. */
async function sign(message: string, author = "Ada"): Promise<Entry> {
  const opened = await request<{ token: string }>("guestbook-backend", "/api/session", { method: "POST" });
  assert.equal(opened.status, 201, opened.text);
  const added = await request<Entry>("guestbook-backend", "/api/entries", {
    json: { author, message },
    headers: { authorization: `Bearer ${opened.body.token}` },
  });
  assert.equal(added.status, 201, added.text);
  assert.equal(added.body.status, "pending");
  return eventually("the worker's verdict", async () => {
    const { body } = await request<Entry>("guestbook-backend", `/api/entries/${added.body.id}`);
    return body.status === "pending" ? undefined : body;
  });
}

describe("the guestbook", () => {
  it("takes an entry on its page, has it checked by the worker, and shows it", async () => {
    const message = unique("A line for everyone");
    const visitor = new Visitor();
    await visitor.open();
    const signed = await visitor.submit("/entries", { author: "Grace", message });
    assert.equal(signed.status, 303, signed.text);
    const page = await eventually("the entry on the page", async () => {
      const text = await visitor.open();
      return text.includes(message) ? text : undefined;
    });
    assert.ok(page.includes("Grace"));
    assert.deepEqual(
      await sql(`SELECT status || ' ' || vector_dims(embedding) FROM entries WHERE message = '${message}'`),
      ["published 64"],
    );
  });

  it("finds entries by the similarity of their text, the nearest first", async () => {
    const word = unique("orchid");
    await sign(`Watering the ${word} in the morning`);
    await sign(`Invoices and taxes are due ${unique("soon")}`);
    const { body } = await request<{ entries: Entry[] }>(
      "guestbook-backend",
      `/api/entries/similar?q=${encodeURIComponent(`watering the ${word}`)}&limit=2`,
    );
    const [first, second] = body.entries;
    assert.ok(first?.message.includes(word), JSON.stringify(body.entries));
    assert.ok((first?.similarity ?? 0) > (second?.similarity ?? 1), JSON.stringify(body.entries));
  });

  it("lets the seeded user log in with the password from the Secret, and marks what it writes", async () => {
    const { TEST_USER_PASSWORD: password = "" } = await secret("guestbook-migrate");
    const visitor = new Visitor();
    await visitor.open();
    const refused = await visitor.submit("/login", { username: "test", password: "wrong" });
    assert.equal(refused.status, 401);
    await visitor.open();
    const loggedIn = await visitor.submit("/login", { username: "test", password });
    assert.equal(loggedIn.status, 303, loggedIn.text);
    const page = await visitor.open();
    assert.match(page, /Logged in as <strong>test<\/strong>/);
    const message = unique("From a known hand");
    await visitor.submit("/entries", { message });
    const shown = await eventually("the entry", async () => {
      const text = await visitor.open(`/?q=${encodeURIComponent(message)}`);
      return text.includes(message) ? text : undefined;
    });
    assert.match(shown, /test ✓/);
  });

  it("refuses a form that was not part of its own page", async () => {
    const visitor = new Visitor();
    await visitor.open();
    const refused = await visitor.submit("/entries", { author: "Mallory", message: "hello", formToken: "made-up" });
    assert.equal(refused.status, 403);
  });

  it("does not publish what the worker takes for spam", async () => {
    const message = `${unique("buy")} http://a.example http://b.example`;
    assert.equal((await sign(message)).status, "rejected");
    const { text } = await request("guestbook-backend", "/api/entries?limit=100");
    assert.ok(!text.includes(message));
  });

  it("shows a visitor's text as text, never as markup", async () => {
    const message = `<script>alert("${unique("xss")}")</script>`;
    await sign(message);
    const page = await eventually("the entry", async () => {
      const text = await new Visitor().open(`/?q=${encodeURIComponent(message)}`);
      return text.includes("alert(") ? text : undefined;
    });
    assert.ok(!page.includes("<script>"));
  });

  it("answers a request without a session, or with a token that nobody signed, with 401", async () => {
    const json = { author: "Mallory", message: "hello" };
    for (const headers of [undefined, { authorization: "Bearer made.up.token" }]) {
      const { status } = await request("guestbook-backend", "/api/entries", { json, headers });
      assert.equal(status, 401);
    }
  });

  it("names what is wrong with a request", async () => {
    const { status } = await request("guestbook-backend", "/api/entries?limit=1000");
    assert.equal(status, 400);
    assert.equal((await request("guestbook-backend", "/api/entries/not-a-number")).status, 400);
    assert.equal((await request("guestbook-backend", "/api/entries/999999999999")).status, 404);
  });

  for (const [service, port] of [
    ["guestbook-mf", 8080],
    ["guestbook-backend", 9464],
    ["guestbook-worker", 8080],
    ["guestbook-auth", 8080],
  ] as const) {
    it(`says of ${service} that it is alive and ready, and what it has done`, async () => {
      for (const path of ["/health", "/ready"]) assert.equal((await request(service, path)).status, 200, path);
      const { text } = await request(service, "/metrics", { port });
      assert.match(text, /^process_cpu_seconds_total /m);
      assert.match(text, /^# TYPE http_request_duration_seconds histogram$/m);
    });
  }
});
