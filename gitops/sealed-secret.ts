import { createHmac } from "node:crypto";
import { parse } from "yaml";
import { isMap } from "../spec/merge-patch.ts";
import type { KubeObject } from "./kube-object.ts";
import { toYaml } from "./yaml.ts";

/** Encrypts a text for a path; rejects when it can't. */
export type Encrypt = (path: string, text: string) => Promise<string>;

/** What {@link sealSecret} works with. */
export interface SealArgs {
  readonly object: KubeObject;
  /** Where the file will be, below the export's folder. */
  readonly path: string;
  /** The file's text as it is now. @default there is none */
  readonly existing?: string;
  /** What decides who can decrypt: a change encrypts anew. */
  readonly rules: string;
  /** A random secret of the stack. */
  readonly fingerprintKey: string;
  readonly encrypt: Encrypt;
}

/** Begins the comment that lets the next export see, without any private key, whether a file is up to date. */
const FINGERPRINT = "# terrarium fingerprint: ";

/**
 * A Secret as an encrypted file. Encryption is never the same twice: where the file has what it should have and was not
 * touched since, its text stays.
 *
 * @throws Error when what comes out of the encryption shows anything that it should not.
 */
export async function sealSecret(args: SealArgs): Promise<string> {
  const { object, path, existing, encrypt } = args;
  const plain = toYaml(object);
  if (existing !== undefined && isCurrent(existing, plain, args)) return existing;
  const sealed = await encrypt(path, plain);
  refuseReadable(sealed, object, path);
  return `${FINGERPRINT}${fingerprint(plain, sealed, args)}\n${sealed}`;
}

function isCurrent(existing: string, plain: string, args: SealArgs): boolean {
  const end = existing.indexOf("\n");
  return existing.slice(0, end) === `${FINGERPRINT}${fingerprint(plain, existing.slice(end + 1), args)}`;
}

/** Keyed, because it stands in the clear: without the key nobody can try out short secrets against it. */
function fingerprint(plain: string, sealed: string, { rules, fingerprintKey }: SealArgs): string {
  return createHmac("sha256", fingerprintKey)
    .update(JSON.stringify([plain, sealed, rules]))
    .digest("hex");
}

function refuseReadable(sealed: string, { kind, metadata, data }: KubeObject, path: string): void {
  const found = parse(sealed) as Partial<KubeObject> & { readonly sops?: unknown };
  const values = isMap(found["data"]) ? found["data"] : {};
  const isComplete = Object.keys(data ?? {}).every((key) => Object.hasOwn(values, key));
  const isSealed = Object.values(values).every((value) => typeof value === "string" && value.startsWith("ENC["));
  const isNamed = found.kind === kind && found.metadata?.name === metadata.name;
  if (isMap(found.sops) && isComplete && isSealed && isNamed && found["stringData"] === undefined) return;
  throw new Error(
    `${path}: the rules in .sops.yaml must encrypt the values of "data" and nothing else (encrypted_regex: ^(data|stringData)$).`,
  );
}
