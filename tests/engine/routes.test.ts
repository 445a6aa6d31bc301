import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import type { EnvironmentReport } from "../../cli/report.ts";
import type { KubeApi } from "../../clusters/kube-api.ts";
import { routeSpec } from "../../components/route.ts";
import { serviceSchema } from "../../spec/service.ts";
import { PROJECT } from "./checkout.ts";
import { sharedCheckout } from "./fixtures.ts";

const NAMESPACE = "guestbook-dev";
const ROUTES = `/apis/gateway.networking.k8s.io/v1/namespaces/${NAMESPACE}/httproutes`;
const GATEWAY = { name: "public", namespace: "gateway" };

/** Paths made of what a path is easily wrong in. */
const path = fc
  .array(fc.constantFrom("/", "/", "a", "v1", ".", "..", "%2f", "%2F", "%20", "%", "#", "?", "~", "ü", "^", " ", "@"), {
    maxLength: 6,
  })
  .map((parts) => `/${parts.join("")}`);

describe("HTTPRoutes and the API server's own schema", () => {
  let api: KubeApi;
  before(() => {
    api = sharedCheckout().api();
  });
  after(() => {
    api.close();
  });

  /** Has the API server check a route, which is not kept. @returns what it answers, without the text where it takes it. */
  async function refusal(expose: {
    hostnames: readonly string[];
    paths: readonly string[];
  }): Promise<string | undefined> {
    const route = {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "checked" },
      spec: routeSpec({ service: "web", port: 8080, expose, gateway: GATEWAY }),
    };
    const body = { type: "application/json", text: JSON.stringify(route) };
    const { status, body: answer } = await api.send("POST", `${ROUTES}?dryRun=All`, body);
    assert.ok(status === 201 || status === 422, answer);
    return status === 201 ? undefined : answer;
  }

  const isTaken = (expose: object): boolean => serviceSchema.shape.expose.safeParse(expose).success;

  it("agree on every path", async () => {
    const paths = new Set(fc.sample(path, 300));
    const differ: string[] = [];
    let taken = 0;
    for (const each of paths) {
      const ours = isTaken({ paths: [each] });
      const theirs = (await refusal({ hostnames: [], paths: [each] })) === undefined;
      if (ours !== theirs) differ.push(`${each}: ${ours ? "taken" : "refused"} by the description alone`);
      if (ours) taken += 1;
    }
    assert.deepEqual(differ, []);
    // Chance decides how many: both kinds have to be among them.
    assert.ok(taken > 0 && taken < paths.size, `${taken} of ${paths.size} taken`);
  });

  for (const [what, expose] of [
    ["path of 1024 characters", { hostnames: [], paths: [`/${"a".repeat(1023)}`] }],
    ["path of 1025 characters", { hostnames: [], paths: [`/${"a".repeat(1024)}`] }],
    ["64 paths", { hostnames: [], paths: Array.from({ length: 64 }, (_, index) => `/${index}`) }],
    ["65 paths", { hostnames: [], paths: Array.from({ length: 65 }, (_, index) => `/${index}`) }],
    ["16 host names", { hostnames: Array.from({ length: 16 }, (_, index) => `a${index}.example.com`), paths: ["/"] }],
    ["17 host names", { hostnames: Array.from({ length: 17 }, (_, index) => `a${index}.example.com`), paths: ["/"] }],
    ["all names below a domain", { hostnames: ["*.example.com"], paths: ["/"] }],
    ["a host name with capitals", { hostnames: ["Shop.example.com"], paths: ["/"] }],
  ] as const) {
    it(`agree on ${what}`, async () => {
      const refused = await refusal(expose);
      assert.equal(isTaken(expose), refused === undefined, refused);
    });
  }
});

describe("a gateway that ends TLS", () => {
  const guide = readFileSync(join(PROJECT, "docs/guides/networks.md"), "utf8");
  const gateway = parse(/```yaml\n(apiVersion: gateway[^]*?)```/.exec(guide)?.[1] ?? "") as Gateway;
  let api: KubeApi;
  before(() => {
    api = sharedCheckout().api();
  });
  after(() => {
    api.close();
  });

  /** Has the API server check the guide's Gateway with another listener, which is not kept. */
  async function check(listener: object): Promise<{ readonly status: number; readonly body: string }> {
    const metadata = { ...gateway.metadata, namespace: NAMESPACE };
    const body = JSON.stringify({ ...gateway, metadata, spec: { ...gateway.spec, listeners: [listener] } });
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${NAMESPACE}/gateways?dryRun=All`;
    return api.send("POST", path, { type: "application/json", text: body });
  }

  it("is in the guide as the API server takes it, which does not take one that names no way to end TLS", async () => {
    const [listener] = gateway.spec.listeners;
    assert.ok(listener);
    assert.deepEqual([listener.protocol, listener.allowedRoutes.namespaces.from], ["HTTPS", "All"]);
    const { status, body } = await check(listener);
    assert.equal(status, 201, body);
    const { mode } = (JSON.parse(body) as Gateway).spec.listeners[0]?.tls ?? {};
    assert.equal(mode, "Terminate");
    const refused = await check({ ...listener, protocol: "HTTP" });
    assert.equal(refused.status, 422);
    assert.match(refused.body, /tls must not be specified for protocols/);
  });
});

/** As far as it is looked at. */
interface Gateway {
  readonly metadata: object;
  readonly spec: {
    readonly listeners: readonly {
      readonly protocol: string;
      readonly tls?: { readonly mode?: string };
      readonly allowedRoutes: { readonly namespaces: { readonly from: string } };
    }[];
  };
}

describe("terrarium status on what gateways say", () => {
  let api: KubeApi;
  before(() => {
    api = sharedCheckout().api();
  });
  after(async () => {
    await api.send("DELETE", `${ROUTES}/shown`);
    api.close();
  });

  const shown = async (): Promise<EnvironmentReport["routes"]> => {
    const text = await sharedCheckout().must(["status", "--stack", "dev", "-o", "json"]);
    return (JSON.parse(text) as EnvironmentReport).routes;
  };

  it("shows a route as unanswered, and as what a gateway then answers", async () => {
    const expose = { hostnames: ["shop.example.com"], paths: ["/"] };
    const spec = routeSpec({ service: "guestbook-mf", port: 8080, expose, gateway: GATEWAY });
    const route = { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata: { name: "shown" }, spec };
    await api.apply(`${ROUTES}/shown`, JSON.stringify(route));
    const known = { namespace: NAMESPACE, name: "shown", hostnames: ["shop.example.com"], gateway: "gateway/public" };
    assert.deepEqual(await shown(), [{ ...known, state: "unanswered" }]);
    for (const [status, expected] of [
      ["False", { ...known, state: "refused", reason: "NotAllowedByListeners: not from here" }],
      ["True", { ...known, state: "accepted" }],
    ] as const) {
      await answer(status);
      assert.deepEqual(await shown(), [expected]);
    }
  });

  /** What a gateway's controller writes. */
  async function answer(status: "True" | "False"): Promise<void> {
    const said = { observedGeneration: 1, lastTransitionTime: new Date().toISOString() };
    const conditions = [
      { type: "Accepted", status, reason: "NotAllowedByListeners", message: "not from here", ...said },
      { type: "ResolvedRefs", status: "True", reason: "ResolvedRefs", message: "", ...said },
    ];
    const parents = [{ parentRef: GATEWAY, controllerName: "example.com/controller", conditions }];
    const patch = { type: "application/merge-patch+json", text: JSON.stringify({ status: { parents } }) };
    const { status: code, body } = await api.send("PATCH", `${ROUTES}/shown/status`, patch);
    assert.equal(code, 200, body);
  }
});
