import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addCapacities,
  capacityAsleep,
  formatCapacity,
  formatMoney,
  monthlyCost,
  NO_CAPACITY,
  type Capacity,
} from "../../../spec/index.ts";

const GIBIBYTE = 2 ** 30;
const prices = { currency: "EUR", cpu: 20, memory: 3, storage: 0.1 };

const capacities = fc.record<Capacity>({
  pods: fc.nat(100),
  cpu: fc.nat(1_000_000).map((millicores) => millicores / 1000),
  memory: fc.nat(2 ** 20).map((mebibytes) => mebibytes * 2 ** 20),
  storage: fc.nat(2 ** 20).map((mebibytes) => mebibytes * 2 ** 20),
});

describe("What capacity costs", () => {
  it("is the sum of cores, memory and volumes", () => {
    assert.equal(monthlyCost({ cpu: 1.5, memory: 2 * GIBIBYTE, storage: 10 * GIBIBYTE }, prices), 30 + 6 + 1);
    assert.equal(monthlyCost(NO_CAPACITY, prices), 0);
  });

  it("is the volumes' alone while nothing runs", () => {
    assert.equal(monthlyCost(capacityAsleep({ pods: 3, cpu: 4, memory: GIBIBYTE, storage: 10 * GIBIBYTE }), prices), 1);
  });

  it("of several environments is the sum of what each costs", () => {
    fc.assert(
      fc.property(fc.array(capacities, { maxLength: 8 }), (all) => {
        const whole = monthlyCost(addCapacities(all), prices);
        const parts = all.reduce((sum, each) => sum + monthlyCost(each, prices), 0);
        assert.ok(Math.abs(whole - parts) <= 1e-6 * Math.max(1, parts), `${whole} is not ${parts}`);
      }),
    );
  });

  it("never falls when something is added", () => {
    fc.assert(
      fc.property(capacities, capacities, (a, b) => {
        assert.ok(monthlyCost(addCapacities([a, b]), prices) >= monthlyCost(a, prices));
      }),
    );
  });

  it("is written with its currency, differences with their sign", () => {
    assert.equal(formatMoney(12.4, "EUR"), "€12.40");
    assert.equal(formatMoney(12.4, "EUR", { signed: true }), "+€12.40");
    assert.equal(formatMoney(-0.5, "USD", { signed: true }), "-$0.50");
    assert.equal(formatMoney(0, "USD", { signed: true }), "$0.00");
  });
});

describe("Capacity for people", () => {
  it("is in cores and GiB", () => {
    assert.equal(
      formatCapacity({ cpu: 1.25, memory: 1.5 * GIBIBYTE, storage: 10 * GIBIBYTE }),
      "1.25 cores, 1.5 GiB memory, 10 GiB volumes",
    );
    assert.equal(formatCapacity(NO_CAPACITY), "nothing");
    assert.equal(formatCapacity({ cpu: 1, memory: 0, storage: 0 }), "1 core");
  });
});
