import assert from "node:assert/strict";
import fastify from "fastify";
import { closeSession, openSession, sessionToken } from "../../../../platform/http/session.ts";

describe("a browser's session", () => {
  const app = fastify();
  app.get<{ Querystring: { token: string } }>("/in", (request, reply) => {
    openSession(request, reply, request.query.token);
    return "";
  });
  app.get("/out", (request, reply) => {
    closeSession(request, reply);
    return "";
  });
  app.get("/", (request) => ({ token: sessionToken(request) }));
  const cookieOf = async (url: string, host: string) =>
    (await app.inject({ url, headers: { host } })).headers["set-cookie"] as string;

  it("is a cookie that pages can't read, that no other site's page has sent along, and that goes over TLS alone", async () => {
    assert.equal(
      await cookieOf("/in?token=abc.def", "platform.example.com"),
      "__Host-terrarium-token=abc.def; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure",
    );
  });

  it("does without TLS where it never leaves the machine", async () => {
    for (const host of ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"])
      assert.equal(
        await cookieOf("/in?token=abc", host),
        "terrarium-token=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200",
      );
  });

  it("is known by its cookie, among others, and ends when it is closed", async () => {
    const headers = { host: "localhost", cookie: "a=b; terrarium-token=abc; c=d" };
    assert.deepEqual((await app.inject({ url: "/", headers })).json(), { token: "abc" });
    assert.deepEqual((await app.inject({ url: "/", headers: { ...headers, cookie: "a=b" } })).json(), {});
    assert.match(await cookieOf("/out", "localhost"), /^terrarium-token=; .*Max-Age=0/);
  });

  it("is refused for a token that a cookie can't hold", async () => {
    for (const token of ["a%3Bb", "a".repeat(3_801)])
      assert.equal((await app.inject({ url: `/in?token=${token}` })).statusCode, 422);
  });
});
