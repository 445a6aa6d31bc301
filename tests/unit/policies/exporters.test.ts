import assert from "node:assert/strict";
import { TIERS } from "../../../spec/index.ts";
import { recordGuestbook } from "../components/guestbook.ts";
import { judge } from "./shop.ts";

const ON = { enabled: true };
const NAMES = ["kube-state-metrics", "node-metrics", "postgres-exporter", "redis-exporter"];

describe("Exporters", () => {
  for (const tier of TIERS) {
    it(`in tier ${tier} fulfil every policy, and have no waiver that nothing needs`, async () => {
      const observability = { exporters: { kubeState: ON, node: ON, postgres: ON, redis: ON } };
      const { recording } = await recordGuestbook(tier, { observability });
      const { violations, unused } = judge(
        recording.objects().map(({ object }) => object),
        { tier },
      );
      const own = ({ object }: { readonly object: { readonly name: { readonly value?: unknown } } }): boolean =>
        NAMES.includes(String(object.name.value));
      assert.equal(recording.objects().filter(({ object }) => NAMES.includes(object.metadata.name)).length, 11);
      assert.deepEqual(
        violations.filter(own).map(({ message }) => message),
        [],
      );
      assert.deepEqual(unused.filter(own), []);
    });
  }
});
