import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { sign } from "@octokit/webhooks-methods";
import { portOf, serve } from "../../../../platform/http/server.ts";
import { gitHubWebhooks } from "../../../../platform/pull-requests/webhooks.ts";
import { quietLog } from "../quiet-log.ts";
import { GitHubServer } from "./github-server.ts";

const SECRET = "a secret of webhooks";

/** Titles of the answers. */
const [WHO, UNREADABLE] = ["Who asks is not known", "The request can't be read"];
const [TYPE, LARGE] = ["The body is of a type that is not read here", "The request is too large"];

interface Webhook {
  readonly method: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

describe("Webhooks", () => {
  let gitHub: GitHubServer;
  let address: string;
  let close: () => Promise<void>;
  let looked: string[];
  let results: string[];
  let secret: (() => Promise<string>) | undefined;

  beforeEach(async () => {
    gitHub = await GitHubServer.start();
    gitHub.open(42);
    looked = [];
    results = [];
    secret = () => Promise.resolve(SECRET);
    const look = (repository: string, number: number): boolean => {
      if (repository !== "team/shop") return false;
      looked.push(`${repository}#${number}`);
      return true;
    };
    const plugin = gitHubWebhooks({
      secret: () => secret?.() ?? Promise.reject(new Error("no file")),
      look,
      answered: (result) => results.push(result),
      log: quietLog(),
    });
    const metrics = { text: () => Promise.resolve({ type: "text/plain", text: "" }) };
    const server = await serve({
      ...{ port: 0, address: "127.0.0.1", notReady: () => undefined, metrics, log: quietLog(), plugins: [plugin] },
    });
    address = `http://127.0.0.1:${portOf(server)}/webhooks/github`;
    close = async () => {
      await server.close();
      await gitHub.stop();
    };
  });

  afterEach(() => close());

  /** Sends a webhook, signed unless a test changes that. */
  async function send(change: (init: Webhook) => RequestInit = (init) => init): Promise<[number, string]> {
    const init = (await gitHub.webhook(42, "synchronize", SECRET)) as Webhook;
    const response = await fetch(address, change(init));
    const body = (await response.json()) as { result?: string; type?: string; title?: string };
    return [response.status, body.result ?? body.title ?? ""];
  }

  const having = (headers: Readonly<Record<string, string>>) => (init: Webhook) => ({
    ...init,
    headers: { ...init.headers, ...headers },
  });
  const lacking = (name: string) => (init: Webhook) => ({
    ...init,
    headers: Object.fromEntries(Object.entries(init.headers).filter(([each]) => each !== name)),
  });
  /** Another body, signed rightly. */
  async function sendSigned(body: string, event = "pull_request"): Promise<[number, string]> {
    const signature = await sign(SECRET, body);
    return send(({ method, headers }) => ({
      ...{ method, body },
      headers: { ...headers, "x-github-event": event, "x-hub-signature-256": signature },
    }));
  }

  it("have a pull request looked at", async () => {
    assert.deepEqual(await send(), [202, "taken"]);
    assert.deepEqual(looked, ["team/shop#42"]);
  });

  it("about a comment do so too, and about an issue do not", async () => {
    const init = await gitHub.webhook(42, "created", SECRET, "issue_comment");
    assert.equal((await fetch(address, init)).status, 202);
    assert.deepEqual(looked, ["team/shop#42"]);
  });

  it("are taken with bytes that no text has, as long as they are signed as they are", async () => {
    const [status] = await send((init) => ({ ...init, body: Buffer.from(init.body) }));
    assert.equal(status, 202);
  });

  const refused: readonly (readonly [string, (init: Webhook) => RequestInit, [number, string]])[] = [
    ["forged, with another secret", having({ "x-hub-signature-256": `sha256=${"0".repeat(64)}` }), [401, WHO]],
    [
      "whose body was changed",
      (init) => ({ ...init, body: init.body.replace("synchronize", "synchronise") }),
      [401, WHO],
    ],
    ["without a signature", lacking("x-hub-signature-256"), [401, WHO]],
    ["with a short signature", having({ "x-hub-signature-256": "sha256=00" }), [401, WHO]],
    [
      "with a signature of letters beyond ASCII",
      having({ "x-hub-signature-256": `sha256=${"é".repeat(64)}` }),
      [401, WHO],
    ],
    ["without a delivery's id", lacking("x-github-delivery"), [400, UNREADABLE]],
    ["with an id that is none", having({ "x-github-delivery": "../../etc" }), [400, UNREADABLE]],
    ["of another content type", having({ "content-type": "application/x-www-form-urlencoded" }), [415, TYPE]],
    ["without a content type", lacking("content-type"), [415, TYPE]],
    ["that are too large", (init) => ({ ...init, body: init.body + " ".repeat(1024 * 1024) }), [413, LARGE]],
    ["with an empty body", (init) => ({ ...init, body: "" }), [401, WHO]],
  ];
  for (const [what, change, expected] of refused) {
    it(`${what} are answered with ${expected[0]}, and nothing is done`, async () => {
      assert.deepEqual(await send(change), expected);
      assert.deepEqual(looked, []);
    });
  }

  it("that are sent again are known, and nothing is done again", async () => {
    const init = await gitHub.webhook(42, "closed", SECRET);
    const answers = [await fetch(address, init), await fetch(address, init)];
    assert.deepEqual([answers.map(({ status }) => status), looked.length], [[202, 200], 1]);
    assert.deepEqual(await answers[1]?.json(), { result: "known" });
  });

  it("that were refused may be sent again as they should have been", async () => {
    const init = (await gitHub.webhook(42, "closed", SECRET)) as Webhook;
    await fetch(address, { ...init, headers: { ...init.headers, "x-hub-signature-256": "sha256=" } });
    assert.equal((await fetch(address, init)).status, 202);
  });

  it("that are signed and no JSON are answered with 400", async () => {
    for (const body of ["{", "[]x", "null", '"text"', '{"action":'])
      assert.deepEqual(await sendSigned(body), [400, UNREADABLE], body);
    assert.deepEqual(looked, []);
  });

  for (const [what, payload, event] of [
    ["a ping", { zen: "Design for failure." }, "ping"],
    ["another event", { repository: { full_name: "team/shop" }, pull_request: { number: 42 } }, "push"],
    ["another repository", { repository: { full_name: "team/other" }, pull_request: { number: 42 } }, "pull_request"],
    ["an issue", { repository: { full_name: "team/shop" }, issue: { number: 42 } }, "issue_comment"],
    [
      "a number that is none",
      { repository: { full_name: "team/shop" }, pull_request: { number: "42" } },
      "pull_request",
    ],
  ] as const) {
    it(`about ${what} are taken note of, and nothing is done`, async () => {
      const [status, result] = await sendSigned(JSON.stringify(payload), event);
      assert.deepEqual([status, result, looked], [202, "ignored", []]);
    });
  }

  it("are refused all while there is no secret, or it can't be read", async () => {
    secret = undefined;
    assert.deepEqual(await send(), [503, "The service can't answer now"]);
    secret = () => Promise.reject(new Error("no such file"));
    assert.deepEqual(await send(), [503, "The service can't answer now"]);
    assert.deepEqual(looked, []);
  });

  it("that break off are not acted on", async () => {
    const init = (await gitHub.webhook(42, "closed", SECRET)) as Webhook;
    const { port } = new URL(address);
    await new Promise<void>((resolve) => {
      const length = String(Buffer.byteLength(init.body));
      const request = httpRequest({ port, host: "127.0.0.1", path: "/webhooks/github", method: "POST" });
      for (const [name, value] of Object.entries({ ...init.headers, "content-length": length }))
        request.setHeader(name, value);
      request.on("error", () => resolve());
      request.on("close", () => resolve());
      request.write(init.body.slice(0, 1000), () => request.destroy());
    });
    assert.equal((await fetch(address, init)).status, 202, "its id was not taken for known");
    assert.equal(looked.length, 1);
  });

  it("are counted by what came of them", async () => {
    const init = await gitHub.webhook(42, "closed", SECRET);
    for (const each of [init, init]) await fetch(address, each);
    await sendSigned("{}", "ping");
    await send(lacking("x-hub-signature-256"));
    await send(having({ "content-type": "text/plain" }));
    secret = undefined;
    await send();
    assert.deepEqual(results, ["taken", "known", "ignored", "refused", "refused", "failed"]);
  });

  it("are taken by POST alone", async () => {
    assert.equal((await fetch(address)).status, 405);
  });
});
