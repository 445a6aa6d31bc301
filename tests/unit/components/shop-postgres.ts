import assert from "node:assert/strict";
import { Postgres, type Connection } from "../../../components/index.ts";
import { resolveEnvironment, type ResolvedPostgres, type Tier } from "../../../spec/index.ts";
import { record, type Recording } from "../mocks.ts";
import { CLOSED, PLACEMENT } from "./placement.ts";

function resolvedPostgres(store: object = {}, tier: Tier = "dev"): ResolvedPostgres {
  const environment = {
    name: "shop-dev",
    tier,
    application: "shop",
    dataStores: { "shop-db": { engine: "postgres", ...store } },
  };
  const resolved = resolveEnvironment(environment).dataStores["shop-db"];
  assert.ok(resolved?.engine === "postgres");
  return resolved;
}

/** What a Postgres store called shop-db registers, and what it tells its clients. */
export async function createPostgres(
  store: object = {},
  tier: Tier = "dev",
  exporter = false,
): Promise<{ connection: Connection; recording: Recording }> {
  const { result, recording } = await record(
    () =>
      new Postgres("shop-db", {
        placement: PLACEMENT,
        store: resolvedPostgres(store, tier),
        policy: CLOSED,
        backupPolicy: CLOSED,
        exporter,
      }),
  );
  return { connection: result.connection, recording };
}
