import assert from "node:assert/strict";
import { InvalidSpecError, resolveEnvironment, type ResolvedEnvironment, type Tier } from "../../../spec/index.ts";

/** A pinned image, for services that only need one. */
export const IMAGE = "registry.example.com/shop/api:1.0.0";

/** The smallest environment, with whatever is laid over it. */
export function environment(over: object = {}): Record<string, unknown> {
  return { name: "shop-dev", tier: "dev", application: "shop", ...over };
}

/** An environment of one service called api. */
export function withService(service: object, over: object = {}): Record<string, unknown> {
  return environment({ services: { api: { image: IMAGE, ...service } }, ...over });
}

/** An environment of one data store called db. */
export function withStore(store: object, over: object = {}): Record<string, unknown> {
  return environment({ dataStores: { db: store }, ...over });
}

/** Resolves an environment of one service at a tier and returns that service. */
export function resolvedService(
  service: object,
  tier: Tier = "dev",
): NonNullable<ResolvedEnvironment["services"][string]> {
  const resolved = resolveEnvironment(withService(service, { tier })).services["api"];
  assert.ok(resolved);
  return resolved;
}

/** Resolves an environment of one data store at a tier and returns that store. */
export function resolvedStore(
  store: object,
  tier: Tier = "dev",
): NonNullable<ResolvedEnvironment["dataStores"][string]> {
  const resolved = resolveEnvironment(withStore(store, { tier })).dataStores["db"];
  assert.ok(resolved);
  return resolved;
}

/** A configuration that is wrong in one place: what is wrong, the configuration, and each line of the error in full. */
export interface Refusal {
  readonly what: string;
  readonly input: unknown;
  readonly error: readonly string[];
  /** Keys of secretValues that are set. @default not known */
  readonly secretKeys?: readonly string[];
}

/** The lines of the error that an environment is refused with, without the heading. */
export function refusal(input: unknown, secretKeys?: readonly string[]): string[] {
  try {
    resolveEnvironment(input, secretKeys);
  } catch (error) {
    assert.ok(error instanceof InvalidSpecError, String(error));
    const [heading, ...lines] = error.message.split("\n");
    const count = lines.length === 1 ? "1 problem" : `${lines.length} problems`;
    assert.equal(heading, `The environment's configuration has ${count}; nothing was changed.`);
    return lines.map((line) => line.trimStart());
  }
  return [];
}
