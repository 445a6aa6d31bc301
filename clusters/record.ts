/**
 * Which cluster a checkout uses. Written by `terrarium up`, read by the Pulumi program, so that a plain `pulumi up`
 * reaches the same cluster. Imports nothing heavy: the program loads this file on every start.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Content of `<checkout>/.terrarium/cluster.json`. */
export interface ClusterRecord {
  readonly provider: "simulated" | "kind" | "host" | "context";
  /** Absolute path of a kubeconfig file. */
  readonly kubeconfig: string;
  readonly context: string;
}

const providers: readonly string[] = ["simulated", "kind", "host", "context"];

/**
 * Reads the record of a checkout.
 *
 * @returns undefined when there is none, or when it is not a complete record (for example after a full disk).
 */
export function readClusterRecord(checkoutDir: string): ClusterRecord | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(recordPath(checkoutDir), "utf8"));
  } catch {
    return undefined;
  }
  return isClusterRecord(parsed) ? parsed : undefined;
}

/** Writes the record of a checkout; readers see the old one or the new one, never a part. */
export function writeClusterRecord(checkoutDir: string, record: ClusterRecord): void {
  const path = recordPath(checkoutDir);
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  const { provider, kubeconfig, context } = record;
  writeFileSync(temporary, `${JSON.stringify({ provider, kubeconfig, context }, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

/** Removes the record of a checkout; it is no error when there is none. */
export function removeClusterRecord(checkoutDir: string): void {
  rmSync(recordPath(checkoutDir), { force: true });
}

function recordPath(checkoutDir: string): string {
  return join(checkoutDir, ".terrarium", "cluster.json");
}

function isClusterRecord(value: unknown): value is ClusterRecord {
  if (typeof value !== "object" || value === null) return false;
  const { provider, kubeconfig, context } = value as Record<string, unknown>;
  return (
    typeof provider === "string" &&
    providers.includes(provider) &&
    typeof kubeconfig === "string" &&
    kubeconfig !== "" &&
    typeof context === "string" &&
    context !== ""
  );
}
