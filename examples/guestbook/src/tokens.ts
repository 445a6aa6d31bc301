import { createHash, createPrivateKey, createPublicKey, hkdfSync, sign, verify, type KeyObject } from "node:crypto";

/** What a token says: this session was opened at the auth service. It names no user. */
export interface TokenClaims {
  readonly iss: typeof ISSUER;
  /** Id of the session. */
  readonly sub: string;
  /** Seconds since 1970. */
  readonly iat: number;
  /** Seconds since 1970. */
  readonly exp: number;
}

/** A public key as a JSON Web Key. @see https://www.rfc-editor.org/rfc/rfc8037 */
export interface PublicKey {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly kid: string;
  readonly use: "sig";
  readonly alg: "EdDSA";
}

/** A pod's signing key. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
}

const ISSUER = "guestbook-auth";
/** What precedes the 32 secret bytes of an Ed25519 key in PKCS #8. @see https://www.rfc-editor.org/rfc/rfc8410 */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
/** Pod name, dot, the first characters of the public key's hash. */
const KID = /^([a-z0-9][a-z0-9.-]{0,252})\.([\w-]{8})$/i;

/**
 * The signing key of a pod, always the same for the same seed and name: a restarted pod needs no volume to keep its
 * identity, and every pod of the set can tell the public key of every other.
 */
export function deriveKey(seed: string, podName: string): SigningKey {
  const secret = Buffer.from(hkdfSync("sha256", seed, ISSUER, podName, 32));
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secret]), format: "der", type: "pkcs8" });
  const { kty = "", crv = "", x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  // The hash makes a new seed a new key id, so that nobody checks a token with the key that was there before.
  const kid = `${podName}.${createHash("sha256").update(x).digest("base64url").slice(0, 8)}`;
  return { kid, privateKey, publicKey: { kty, crv, x, kid, use: "sig", alg: "EdDSA" } };
}

/** The pod that a key id names; undefined when it is no key id. */
export function podOf(kid: string): string | undefined {
  return KID.exec(kid)?.[1];
}

/** Signs a token for a session: a JSON Web Token with EdDSA. */
export function signToken(key: SigningKey, session: string, nowSeconds: number, lifetimeSeconds: number): string {
  const claims: TokenClaims = { iss: ISSUER, sub: session, iat: nowSeconds, exp: nowSeconds + lifetimeSeconds };
  const signed = `${encode({ alg: "EdDSA", typ: "JWT", kid: key.kid })}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key.privateKey).toString("base64url")}`;
}

/** The key id that a token names; undefined when the text is no token of ours. Nothing is verified yet. */
export function kidOf(token: string): string | undefined {
  const header = decode(token.split(".")[0] ?? "");
  if (header?.["alg"] !== "EdDSA" || typeof header["kid"] !== "string") return undefined;
  return podOf(header["kid"]) === undefined ? undefined : header["kid"];
}

/** The claims of a token that `key` has signed and that has not expired; undefined for any other. */
export function verifyToken(token: string, key: KeyObject, nowSeconds: number): TokenClaims | undefined {
  const [header = "", body = "", signature = "", ...rest] = token.split(".");
  if (rest.length > 0) return undefined;
  if (!verify(null, Buffer.from(`${header}.${body}`), key, Buffer.from(signature, "base64url"))) return undefined;
  const { iss, sub, iat, exp } = decode(body) ?? {};
  if (iss !== ISSUER || typeof sub !== "string" || typeof iat !== "number" || typeof exp !== "number") return undefined;
  return exp > nowSeconds ? { iss, sub, iat, exp } : undefined;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
