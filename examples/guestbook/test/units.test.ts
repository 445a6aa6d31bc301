import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { describe, it } from "node:test";
import { isSibling } from "../src/auth.ts";
import { createSeal } from "../src/cookie.ts";
import { DIMENSIONS, embed } from "../src/embedding.ts";
import { html } from "../src/html.ts";
import { moderate } from "../src/moderation.ts";
import { hashPassword, verifyPassword } from "../src/passwords.ts";
import { commonSettings, postgresSettings } from "../src/settings.ts";
import { deriveKey, kidOf, signToken, verifyToken } from "../src/tokens.ts";

const cosine = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const NOW = 1_800_000_000;

describe("the embedding", () => {
  it("is the same every time, of length one, and has the column's dimensions", () => {
    for (const text of ["moss", "a", "…", "", "Ünïcödé 漢字"]) {
      const vector = embed(text);
      assert.deepEqual(vector, embed(text));
      assert.equal(vector.length, DIMENSIONS);
      assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-9, text);
    }
  });

  it("puts texts that share words nearer than texts that don't", () => {
    const query = embed("fern moss");
    assert.ok(cosine(query, embed("Moss and ferns")) > cosine(query, embed("Quarterly budget numbers")) + 0.2);
  });
});

describe("tokens", () => {
  const key = deriveKey("seed", "guestbook-auth-0");
  const publicKey = createPublicKey({ key: { ...key.publicKey }, format: "jwk" });

  it("are signed with a key that depends on seed and pod alone", () => {
    assert.equal(deriveKey("seed", "guestbook-auth-0").publicKey.x, key.publicKey.x);
    assert.notEqual(deriveKey("seed", "guestbook-auth-1").publicKey.x, key.publicKey.x);
    assert.notEqual(deriveKey("other", "guestbook-auth-0").kid, key.kid);
    assert.match(key.kid, /^guestbook-auth-0\.[\w-]{8}$/);
  });

  it("are valid until they expire, and only unchanged", () => {
    const token = signToken(key, "session-1", NOW, 60);
    assert.equal(kidOf(token), key.kid);
    assert.equal(verifyToken(token, publicKey, NOW + 59)?.sub, "session-1");
    assert.equal(verifyToken(token, publicKey, NOW + 60), undefined);
    const [header, , signature] = token.split(".");
    const body = Buffer.from(JSON.stringify({ iss: "guestbook-auth", sub: "session-2", iat: NOW, exp: NOW + 60 }));
    assert.equal(verifyToken(`${header}.${body.toString("base64url")}.${signature}`, publicKey, NOW), undefined);
    assert.equal(verifyToken(`${token}.x`, publicKey, NOW), undefined);
  });

  it("that name another algorithm or no key of ours are none", () => {
    const withHeader = (header: object) => `${Buffer.from(JSON.stringify(header)).toString("base64url")}.e30.`;
    assert.equal(kidOf(withHeader({ alg: "none", kid: key.kid })), undefined);
    assert.equal(kidOf(withHeader({ alg: "EdDSA", kid: "../../keys" })), undefined);
    assert.equal(kidOf("nonsense"), undefined);
  });

  it("of a pod are vouched for by the pods of the same set only", () => {
    assert.ok(isSibling("guestbook-auth-0", "guestbook-auth-12"));
    assert.ok(isSibling("laptop", "laptop"));
    assert.ok(!isSibling("guestbook-auth-0", "other-auth-0"));
    assert.ok(!isSibling("guestbook-auth-0", "guestbook-auth-x"));
  });
});

describe("a page", () => {
  it("escapes text and keeps markup", () => {
    const text = `<script>alert("1 & '2'")</script>`;
    const escaped = "&lt;script&gt;alert(&quot;1 &amp; &#39;2&#39;&quot;)&lt;/script&gt;";
    assert.equal(html`<p title="${text}">${text}</p>`.toString(), `<p title="${escaped}">${escaped}</p>`);
    assert.equal(html`${[html`<b>${1}</b>`, html`<i>${"&"}</i>`]}${undefined}`.toString(), "<b>1</b><i>&amp;</i>");
  });
});

describe("the session cookie", () => {
  const seal = createSeal("secret");
  const session = { session: "s1", token: "t1", expiresAt: Math.floor(Date.now() / 1000) + 60 };
  const pair = (cookie: string) => cookie.split(";")[0] ?? "";

  it("comes back as it was sent, also among others", () => {
    assert.deepEqual(seal.fromCookies(`a=b; ${pair(seal.toCookie(session, true))}; c=d`), session);
  });

  it("is refused when it was changed, has expired or was signed with another secret", () => {
    const cookie = pair(seal.toCookie(session, true));
    assert.equal(seal.fromCookies(cookie.replace("=", "=x")), undefined);
    assert.equal(seal.fromCookies(pair(createSeal("other").toCookie(session, true))), undefined);
    assert.equal(seal.fromCookies(pair(seal.toCookie({ ...session, expiresAt: 1 }, true))), undefined);
    assert.equal(seal.fromCookies(undefined), undefined);
  });

  it("is hidden from scripts, and secure where the visitor came by HTTPS", () => {
    assert.match(seal.toCookie(session, true), /; HttpOnly; SameSite=Lax; Max-Age=\d+; Secure$/);
    assert.doesNotMatch(seal.toCookie(session, false), /Secure/);
  });

  it("does not give the form token of another session", () => {
    assert.ok(seal.isFormToken(session, seal.formToken(session)));
    assert.ok(!seal.isFormToken({ ...session, session: "s2" }, seal.formToken(session)));
    assert.ok(!seal.isFormToken(session, ""));
  });
});

describe("a password", () => {
  it("fits its own hash, which differs each time, and no other", async () => {
    const hash = await hashPassword("secret");
    assert.notEqual(hash, await hashPassword("secret"));
    assert.ok(await verifyPassword("secret", hash));
    assert.ok(!(await verifyPassword("Secret", hash)));
    assert.ok(!(await verifyPassword("", undefined)));
  });
});

describe("moderation", () => {
  it("rejects many links and messages without a word", () => {
    assert.equal(moderate("See https://example.com for moss"), "published");
    assert.equal(moderate("🌿"), "published");
    assert.equal(moderate("http://a.example and https://b.example"), "rejected");
    assert.equal(moderate("?!…"), "rejected");
  });
});

describe("settings", () => {
  it("name the variable that is missing or wrong", () => {
    assert.throws(() => postgresSettings({ POSTGRES_HOST: "postgres" }), /POSTGRES_DATABASE is not set/);
    assert.throws(() => commonSettings({ PORT: "http" }), /PORT is "http"; allowed is a whole number from 0 to 65535/);
    assert.throws(() => commonSettings({ LOG_LEVEL: "loud" }), /LOG_LEVEL is "loud"; allowed are trace, debug/);
  });
});
