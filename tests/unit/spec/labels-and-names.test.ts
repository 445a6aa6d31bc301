import assert from "node:assert/strict";
import fc from "fast-check";
import {
  selectorLabels,
  standardLabels,
  toEnvironmentVariableStem,
  workloadLabels,
  WORKLOAD_LABEL,
} from "../../../spec/index.ts";
import {
  dnsLabel,
  MAX_DATA_STORE_NAME_LENGTH,
  MAX_NAME_LENGTH,
  MAX_USER_NAME_LENGTH,
  portName,
} from "../../../spec/names.ts";

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names (RFC 1035, as Services want) */
const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

const name = fc.stringMatching(/^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$/, { size: "max" });
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, { size: "max" });
const identity = { name: "api", instance: "shop-dev", partOf: "shop", component: "backend" };

describe("Labels", () => {
  it("are the six standard ones, the version taken from the image's tag", () => {
    assert.deepEqual(standardLabels({ ...identity, image: "ghcr.io/acme/api:1.4.2" }), {
      "app.kubernetes.io/name": "api",
      "app.kubernetes.io/instance": "shop-dev",
      "app.kubernetes.io/version": "1.4.2",
      "app.kubernetes.io/component": "backend",
      "app.kubernetes.io/part-of": "shop",
      "app.kubernetes.io/managed-by": "terrarium",
    });
  });

  it("show the start of the digest where the image has no tag, and no version where it has neither", () => {
    const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
    assert.equal(standardLabels({ ...identity, image: `api@${digest}` })["app.kubernetes.io/version"], "0123456789ab");
    assert.ok(!("app.kubernetes.io/version" in standardLabels({ ...identity, image: "api" })));
    assert.ok(!("app.kubernetes.io/version" in standardLabels(identity)));
  });

  it("are valid label values for any names and any tag", () => {
    fc.assert(
      fc.property(name, name, name, name, tag, (a, instance, partOf, component, version) => {
        const labels = standardLabels({ name: a, instance, partOf, component, image: `x/y:${version}` });
        for (const value of [...Object.values(labels), ...Object.values(workloadLabels({ name: a, instance }))]) {
          assert.match(value, LABEL_VALUE);
          assert.ok(value.length <= 63, value);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("that policies select on never change with version or component; workloads add one of their own", () => {
    assert.deepEqual(selectorLabels(identity), {
      "app.kubernetes.io/name": "api",
      "app.kubernetes.io/instance": "shop-dev",
    });
    assert.deepEqual(workloadLabels(identity), { ...selectorLabels(identity), [WORKLOAD_LABEL]: "api" });
  });
});

describe("Names", () => {
  it("are accepted exactly when Kubernetes accepts them as DNS labels of that length", () => {
    const candidates = fc.oneof(
      fc.stringMatching(/^[-a-zA-Z0-9_.]{0,70}$/, { size: "max" }),
      fc.stringMatching(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, { size: "max" }),
      fc.string(),
    );
    fc.assert(
      fc.property(candidates, fc.integer({ min: 1, max: 63 }), (text, max) => {
        assert.equal(dnsLabel(max).safeParse(text).success, DNS_LABEL.test(text) && text.length <= max);
      }),
      { numRuns: 1000 },
    );
  });

  it("leave room for what Kubernetes and the components append", () => {
    const longest = "a".repeat(MAX_USER_NAME_LENGTH);
    assert.ok(`${longest}-headless`.length <= MAX_NAME_LENGTH, "the headless Service");
    assert.ok(
      `${longest}-4294967295`.length <= MAX_NAME_LENGTH,
      "label controller-revision-hash of a StatefulSet's pods",
    );
    assert.ok(`${"a".repeat(MAX_DATA_STORE_NAME_LENGTH)}-backup`.length <= 52, "the backup's CronJob");
  });

  it("of ports have no two hyphens in a row, as the API server demands", () => {
    assert.equal(portName.safeParse("http-alt").success, true);
    assert.equal(portName.safeParse("http--alt").success, false);
    assert.equal(portName.safeParse("a".repeat(16)).success, false);
  });

  it("become stems of environment variables, each its own", () => {
    assert.equal(toEnvironmentVariableStem("guestbook-backend"), "GUESTBOOK_BACKEND");
    fc.assert(
      fc.property(name, name, (a, b) => {
        assert.match(toEnvironmentVariableStem(a), /^[A-Z][A-Z0-9_]*$/);
        assert.equal(toEnvironmentVariableStem(a) === toEnvironmentVariableStem(b), a === b);
      }),
    );
  });
});
