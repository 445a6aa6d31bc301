import { createHmac } from "node:crypto";
import { parse, stringify } from "yaml";

/** A stack file without what encrypts its values, and without those values. */
export interface OpenStackFile {
  readonly text: string;
  /** What stands for each encrypted value, by its key as `pulumi config set --path` takes it. */
  readonly standIns: Readonly<Record<string, string>>;
}

/** Keys of a stack file about how its values are encrypted. */
const ENCRYPTION_KEYS = ["encryptionsalt", "encryptedkey", "secretsprovider"];

/**
 * Puts something else in the place of each encrypted value of a stack file, so that the stack can be previewed by somebody
 * who may not read them. Equal values stay equal, different ones different, and nobody learns more.
 *
 * @param key random; the same for files that are compared with each other.
 */
export function withStandIns(text: string, key: Buffer): OpenStackFile {
  const file = (parse(text) ?? {}) as Record<string, unknown>;
  const standIns: Record<string, string> = {};
  const open = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((item: unknown, index) => open(item, `${path}[${index}]`));
    if (typeof value !== "object" || value === null) return value;
    const { secure } = value as { secure?: unknown };
    if (typeof secure === "string" && Object.keys(value).length === 1) {
      standIns[path] = createHmac("sha256", key).update(secure).digest("hex");
      return undefined;
    }
    const entries = Object.entries(value).map(([name, item]) => [name, open(item, below(path, name))] as const);
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  };
  const rest = Object.entries(file).filter(([name]) => !ENCRYPTION_KEYS.includes(name) && name !== "config");
  return { text: stringify({ ...Object.fromEntries(rest), config: open(file["config"] ?? {}, "") }), standIns };
}

function below(path: string, name: string): string {
  if (path === "") return name;
  return /^[A-Za-z_][\w-]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
