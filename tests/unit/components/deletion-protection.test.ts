import assert from "node:assert/strict";
import { NO_OBSERVABILITY, recordEnvironment, recordGuestbook } from "./guestbook.ts";

describe("Protection from a destroy", () => {
  it("covers the namespace and what holds data in prod, and nothing in dev and staging", async () => {
    const isProtected = async (tier: "dev" | "staging" | "prod") =>
      (await recordGuestbook(tier)).recording.resources
        .filter(({ protect }) => protect)
        .map(({ name }) => name)
        .sort();
    assert.deepEqual(await isProtected("prod"), [
      "guestbook-prod-namespace",
      "postgres-backup-volume",
      "postgres-volume",
      "redis-volume",
    ]);
    assert.deepEqual(await isProtected("staging"), []);
    assert.deepEqual(await isProtected("dev"), []);
  });

  it("covers the namespace as soon as one data store is protected", async () => {
    const { recording } = await recordEnvironment({
      spec: {
        name: "shop-dev",
        tier: "dev",
        application: "shop",
        ...NO_OBSERVABILITY,
        dataStores: { a: { engine: "redis" }, b: { engine: "redis", deletion: "protect" } },
      },
    });
    assert.equal(recording.one("Namespace", "shop-dev").protect, true);
    assert.equal(recording.one("PersistentVolumeClaim", "a-data").protect, false);
    assert.equal(recording.one("PersistentVolumeClaim", "b-data").protect, true);
  });
});
