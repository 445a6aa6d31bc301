import assert from "node:assert/strict";
import fastify from "fastify";
import { acceptForms, keepRawBodies } from "../../../../platform/http/bodies.ts";

describe("bodies of requests", () => {
  it("stay the bytes that came, within the plugin that wants them so", async () => {
    const app = fastify();
    app.post("/plain", (request) => ({ isBuffer: Buffer.isBuffer(request.body) }));
    await app.register((scope, _options, done) => {
      keepRawBodies(scope, 16);
      scope.post("/raw", (request) => (request.body as Buffer).toString("hex"));
      done();
    });
    const post = (url: string, payload: Buffer) =>
      app.inject({ method: "POST", url, payload, headers: { "content-type": "application/json" } });
    assert.equal((await post("/raw", Buffer.from('{ "a":1}'))).body, Buffer.from('{ "a":1}').toString("hex"));
    assert.equal((await post("/raw", Buffer.alloc(17))).statusCode, 413);
    assert.deepEqual((await post("/plain", Buffer.from("{}"))).json(), { isBuffer: false });
  });

  it("of forms are read where they are wanted, the last of two fields with the same name", async () => {
    const app = fastify();
    acceptForms(app);
    app.post("/form", (request) => request.body);
    const answer = await app.inject({
      method: "POST",
      url: "/form",
      payload: "token=a%2Bb&span=1h&span=2h",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    assert.deepEqual(answer.json(), { token: "a+b", span: "2h" });
  });
});
