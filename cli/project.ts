import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { UsageFailure } from "./exit.ts";

/** What the commands need to know of a stack before the program runs. */
export interface StackFile {
  /** Name of the Pulumi project. */
  readonly project: string;
  readonly stack: string;
  /** Absolute path of `Pulumi.<stack>.yaml`. */
  readonly path: string;
  /** Text of the file. */
  readonly text: string;
  /** The project's own values, without its prefix; encrypted ones as `{ secure }`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The stack's own encryption settings, when it has any. */
  readonly encryptionSalt?: string;
  readonly secretsProvider?: string;
  /** The kubeconfig context that the stack is to use. @default none: a local cluster */
  readonly context?: string;
  /** The kubeconfig file that has the context. @default KUBECONFIG, else ~/.kube/config */
  readonly kubeconfig?: string;
}

/**
 * Reads a stack's file.
 *
 * @throws UsageFailure when the checkout has no such stack, or a file cannot be read as YAML.
 */
export function readStackFile(checkout: string, stack: string): StackFile {
  const path = join(checkout, `Pulumi.${stack}.yaml`);
  if (!existsSync(path)) {
    const known = stackNames(checkout);
    throw new UsageFailure(
      `There is no stack "${stack}". Choose one of: ${known.join(", ")}; or write Pulumi.${stack}.yaml.`,
    );
  }
  return parseStackFile(checkout, stack, path);
}

/** Reads a file as that of a stack of the checkout's project, wherever it lies. @throws UsageFailure */
export function parseStackFile(checkout: string, stack: string, path: string): StackFile {
  const project = readYaml(join(checkout, "Pulumi.yaml"))["name"];
  if (typeof project !== "string") throw new UsageFailure(`${join(checkout, "Pulumi.yaml")} names no project.`);
  const file = readYaml(path);
  const prefix = `${project}:`;
  const all = Object.entries((file["config"] ?? {}) as Record<string, unknown>);
  const own = all.filter(([key]) => key.startsWith(prefix) || !key.includes(":"));
  const config = Object.fromEntries(own.map(([key, value]) => [key.replace(prefix, ""), value]));
  return {
    project,
    stack,
    path,
    text: readFileSync(path, "utf8"),
    config,
    ...optional("encryptionSalt", file["encryptionsalt"]),
    ...optional("secretsProvider", file["secretsprovider"]),
    ...optional("context", config["context"]),
    ...optional("kubeconfig", config["kubeconfig"]),
  };
}

/** Names of the stacks that a checkout describes. */
export function stackNames(checkout: string): string[] {
  return readdirSync(checkout)
    .map((file) => /^Pulumi\.([A-Za-z0-9_-]+)\.yaml$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
    .sort();
}

function readYaml(path: string): Record<string, unknown> {
  try {
    return (parse(readFileSync(path, "utf8")) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw new UsageFailure(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function optional<K extends string>(key: K, value: unknown): Partial<Record<K, string>> {
  return typeof value === "string" && value !== "" ? ({ [key]: value } as Record<K, string>) : {};
}
