import assert from "node:assert/strict";
import fc from "fast-check";
import { secretIn } from "../../../policies/secret-values.ts";

const BASE62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Text of random characters, as a generator of passwords makes it. */
function randomText(length: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...BASE62), minLength: length, maxLength: length });
}

// Written in two parts, so that nothing takes these for real ones.
const TOKENS = [
  "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE",
  "AGE-SECRET-" + `KEY-1${"Q".repeat(58)}`,
  "AKI" + "AIOSFODNN7EXAMPLE",
  "gh" + `p_${"a1B2".repeat(9)}`,
  "github" + `_pat_${"a1B2".repeat(10)}`,
  "gl" + `pat-${"a1B2".repeat(5)}`,
  "xo" + "xb-123456789012-abcdef",
  "sk_" + `live_${"a1B2".repeat(4)}`,
  "AI" + `za${"a1B2-".repeat(7)}`,
  "npm" + `_${"a1B2".repeat(9)}`,
  "SG" + `.${"a".repeat(22)}.${"b".repeat(43)}`,
  "hv" + `s.${"a1B2".repeat(6)}`,
  "pul" + `-${"0a".repeat(20)}`,
  "ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w",
  "Authorization: " + "Bearer mF_9.B5f-4.1JqMabcdef",
  "postgresql://app:" + "hunter2@db:5432/app",
  "redis://:" + "hunter2@cache:6379",
];

/** What is no secret, and looks like one at first sight. */
const HARMLESS: readonly (readonly [text: string, name?: string])[] = [
  ["postgresql://app@db:5432/app"],
  ["postgresql://app:$(DB_PASSWORD)@db:5432/app"],
  ["postgresql://app:${DB_PASSWORD}@db:5432/app"],
  ["http://loki.shop.svc:3100", "LOKI_URL"],
  ["/run/secrets/password", "POSTGRES_PASSWORD"],
  ["/run/secrets/password", "POSTGRES_PASSWORD_FILE"],
  ["3600", "TOKEN_TTL"],
  ["900s", "SESSION_TOKEN"],
  ["12", "PASSWORD_MIN_LENGTH"],
  ["shop-tls", "TLS_SECRET"],
  ["registry-credentials", "IMAGE_PULL_SECRET"],
  ["true", "REQUIRE_PASSWORD"],
  ["", "DB_PASSWORD"],
  ["<your password>", "DB_PASSWORD"],
  ["redacted", "DB_PASSWORD"],
  ["scram-sha-256", "POSTGRES_INITDB_AUTH"],
  ["--auth-host=scram-sha-256 --data-checksums", "POSTGRES_INITDB_ARGS"],
  ["https://login.example.com/oauth/token", "OAUTH_TOKEN"],
  ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
  ["4dabf18193072939515e22adb298388d4dabf181"],
  ["sha512-tLczMS7S2UUpc1qO9xvGY54GumUShTNxm/BY/T1fb0Hp/ILScxXzrmLpkbt4KUGZAcX/EdGLVuMGHyhreqbfvg=="],
  ["123e4567-e89b-12d3-a456-426614174000"],
  ["histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))"],
  ["getElementByIdOrCreateNewPanel2ForDashboardOverview"],
  ["ClusterRoleAggregationController/v1beta1/HorizontalPodAutoscaler"],
  ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx8Qz1n7mXp3Yk2Wv9Lr4Tt6Hs0Bf5Jd8Nc1Ae3Ug7Oi"],
  ["-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ1p8Zt5kV0s9X2mY7nR4bC6dE8fA3gH\n-----END CERTIFICATE-----"],
  ["data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"],
  ["\\set login_password `cat /run/secrets/password`\nALTER ROLE \"app\" PASSWORD :'login_password';"],
  ["server:\n  password: ${DB_PASSWORD}\n  tokenUrl: https://login.example.com/token\n  secretName: shop-tls\n"],
  ["[security]\nadmin_password = $__file{/run/secrets/password}\n"],
];

describe("secrets in the clear", () => {
  for (const token of TOKENS) {
    it(`are known by their shape: ${token.slice(0, 8).trim()}…`, () => {
      assert.ok(secretIn(token));
      assert.ok(secretIn(`prefix: ${token} and more`));
    });
  }

  it("are known by the name of what holds them", () => {
    for (const name of [
      "DB_PASSWORD",
      "dbPassword",
      "api-key",
      "API_KEY",
      "spring.datasource.password",
      "MASTER_KEY",
    ]) {
      assert.match(secretIn("hunter2", name) ?? "", /the value of a name like/, name);
    }
    assert.ok(secretIn("p4SSw0rd", "AUTH_TOKEN"));
  });

  it("are known in files, line by line", () => {
    assert.ok(secretIn("server:\n  user: app\n  password: hunter2\n"));
    assert.ok(secretIn("[database]\nuser = app\npassword = hunter2\n"));
    assert.ok(secretIn('{\n  "apiKey": "4f7a9c",\n}\n'));
    assert.ok(secretIn("# settings\nexport DB_PASSWORD='hunter2'\n"));
  });

  it("are known by looking random, nearly always", () => {
    let found = 0;
    let tried = 0;
    fc.assert(
      fc.property(randomText(32), (text) => {
        tried += 1;
        if (secretIn(`prefix ${text} suffix`) !== undefined) found += 1;
      }),
      { numRuns: 1000 },
    );
    assert.ok(found / tried > 0.97, `${found} of ${tried}`);
  });

  for (const [text, name = ""] of HARMLESS) {
    it(`are not seen in ${name === "" ? "" : `${name}=`}${text.slice(0, 60).replaceAll("\n", " ")}`, () => {
      assert.equal(secretIn(text, name), undefined);
    });
  }

  it("are never seen in words, whatever joins them", () => {
    const words = ["shop", "Backend", "prometheus", "HTTP", "request", "Duration", "le", "Panel"];
    // Numbers that nothing parts from the words are told from what is random by their share alone.
    const joined = [[words, ""], ...["-", "_", ".", "/"].map((joint) => [[...words, "v2"], joint] as const)] as const;
    for (const [known, joint] of joined) {
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...known), { maxLength: 12 }), (some) => {
          assert.equal(secretIn(some.join(joint)), undefined);
        }),
      );
    }
  });

  it("are never repeated by what is said of them", () => {
    fc.assert(
      fc.property(randomText(24), fc.constantFrom("DB_PASSWORD", "GREETING"), (text, name) => {
        assert.ok(!(secretIn(text, name) ?? "").includes(text));
      }),
    );
  });
});
