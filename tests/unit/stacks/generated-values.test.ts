import assert from "node:assert/strict";
import { generatedValue, generatedValuesOf, withGeneratedValuesOf } from "../../../stacks/generated-values.ts";
import type { ExportedStack, StateResource } from "../../../stacks/pending-operations.ts";

const urn = (type: string, name: string): string => `urn:pulumi:dev::terrarium::${type}::${name}`;
const resource = (type: string, name: string, rotation?: string): StateResource => ({
  urn: urn(type, name),
  type,
  ...(rotation === undefined ? {} : { id: "none", inputs: { keepers: { rotation } } as StateResource["inputs"] }),
});
const state = (...resources: readonly StateResource[]): ExportedStack => ({ version: 3, deployment: { resources } });

const PASSWORD = "random:index/randomPassword:RandomPassword";
const stack = resource("pulumi:pulumi:Stack", "terrarium-dev");
const service = resource("terrarium:index:Service", "shop-mf");
const provider = resource("pulumi:providers:random", "default");
const token = resource(PASSWORD, "shop-mf-token", "one");
const cluster = resource("pulumi:providers:kubernetes", "cluster");
const deployment = resource("kubernetes:apps/v1:Deployment", "shop-mf");

const names = (exported: ExportedStack | undefined): string[] =>
  (exported?.deployment.resources ?? []).map((entry) => entry.urn.split("::").at(-1) ?? "");

describe("generated values of a stack", () => {
  it("are what stays when its objects are forgotten, with the components that they belong to", () => {
    const kept = generatedValuesOf(state(stack, cluster, service, provider, token, deployment));
    assert.deepEqual(names(kept), ["terrarium-dev", "shop-mf", "default", "shop-mf-token"]);
  });

  it("are taken over from another state where the stack has none", () => {
    const merged = withGeneratedValuesOf(state(), state(stack, service, provider, token, cluster));
    assert.deepEqual(names(merged), ["terrarium-dev", "shop-mf", "default", "shop-mf-token"]);
  });

  it("are taken over beside the objects that the stack has, in an order in which each comes after what it belongs to", () => {
    const own = state(stack, cluster, service, deployment, provider, token);
    const other = resource(PASSWORD, "shop-mf-salt", "two");
    const merged = withGeneratedValuesOf(own, state(stack, service, provider, token, other));
    assert.deepEqual(names(merged), [
      "terrarium-dev",
      "cluster",
      "shop-mf",
      "shop-mf",
      "default",
      "shop-mf-token",
      "shop-mf-salt",
    ]);
  });

  it("replace the stack's own when they were generated anew", () => {
    const rotated = resource(PASSWORD, "shop-mf-token", "two");
    const merged = withGeneratedValuesOf(
      state(stack, service, provider, token),
      state(stack, service, provider, rotated),
    );
    assert.deepEqual(
      merged?.deployment.resources?.map(({ inputs }) => inputs),
      [undefined, undefined, undefined, rotated.inputs],
    );
  });

  it("leave a stack alone that has them all", () => {
    const own = state(stack, service, provider, token, deployment);
    assert.equal(withGeneratedValuesOf(own, generatedValuesOf(own)), undefined);
  });

  it("are read by name from a state with its secrets in the clear", () => {
    const outputs = { result: { plaintext: '"c0ffee"' } } as StateResource["outputs"];
    const shown = state(stack, { ...token, ...(outputs ? { outputs } : {}) });
    assert.equal(generatedValue(shown, "shop-mf-token"), "c0ffee");
    assert.equal(generatedValue(shown, "token"), undefined);
  });
});
