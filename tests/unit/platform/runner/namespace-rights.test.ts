import assert from "node:assert/strict";
import { type Api, ApiError } from "../../../../platform/adapters/kubernetes/api.ts";
import type { OperationRequest } from "../../../../platform/domain/operation.ts";
import { NamespaceRights } from "../../../../platform/runner/namespace-rights.ts";
import type { EnvironmentSpec } from "../../../../spec/index.ts";

const plain: EnvironmentSpec = {
  name: "preview-shop",
  tier: "dev",
  application: "shop",
  services: { web: { image: "team/shop:1" } },
  observability: { enabled: false },
};
const request = (kind: OperationRequest["kind"], description?: EnvironmentSpec): OperationRequest => ({
  id: "1",
  kind,
  stack: "preview-shop",
  namespace: "preview-shop",
  ...(description ? { description } : {}),
});

/** Labels of a namespace that the platform made. */
const OWN = { "terrarium.dev/environment": "shop", "terrarium.dev/platform": "terrarium" };

/** An API server that has some namespaces, and lets a binding count only when it is asked the third time. */
function apiServer(existing: Readonly<Record<string, object>> = {}) {
  const namespaces = new Map(Object.entries(existing));
  const bindings = new Map<string, { name: string }>();
  const created: unknown[] = [];
  let reviews = 0;
  const api: Api = {
    send: <T>(_: string, path: string, { body }: { body?: unknown } = {}): Promise<T> => {
      const answer = (value: unknown) => Promise.resolve(value as T);
      const refuse = (status: number) => Promise.reject(new ApiError(status, path));
      const within = /\/namespaces\/([^/]+)\/rolebindings$/.exec(path)?.[1];
      if (path.endsWith("/selfsubjectreviews")) return answer({ status: { userInfo: { username: "me" } } });
      if (path.endsWith("/selfsubjectaccessreviews")) return answer({ status: { allowed: ++reviews >= 3 } });
      if (within !== undefined) {
        if (!namespaces.has(within)) return refuse(404);
        if (bindings.has(within)) return refuse(409);
        bindings.set(within, (body as { subjects: [{ name: string }] }).subjects[0]);
        return answer({});
      }
      const named = /\/namespaces\/([^/]+)$/.exec(path)?.[1];
      if (named !== undefined) {
        const labels = namespaces.get(named);
        return labels === undefined ? refuse(404) : answer({ metadata: { labels } });
      }
      const { name, labels } = (body as { metadata: { name: string; labels: object } }).metadata;
      if (namespaces.has(name)) return refuse(409);
      namespaces.set(name, labels);
      created.push(body);
      return answer({});
    },
  };
  return { api, namespaces, bindings, created, reviews: () => reviews };
}

describe("the rights of operations in an environment's namespaces", () => {
  const role = "terrarium-environment";
  const settings = { platform: "terrarium" };

  it("are there before the operation begins: the namespace is made, the role bound, and counts", async () => {
    const server = apiServer();
    await new NamespaceRights({ api: server.api, settings, role }).prepare(request("apply", plain));
    assert.deepEqual([...server.bindings], [["preview-shop", { ...server.bindings.get("preview-shop"), name: "me" }]]);
    assert.equal(server.reviews(), 3);
    const [{ metadata }] = server.created as [{ metadata: { labels: Record<string, string> } }];
    assert.equal(metadata.labels["app.kubernetes.io/instance"], "preview-shop");
    assert.equal(metadata.labels["terrarium.dev/environment"], "shop", "it is found should nothing follow");
  });

  it("are also in the namespace of the log collector, where there is one", async () => {
    const server = apiServer();
    await new NamespaceRights({ api: server.api, settings, role }).prepare(
      request("apply", { ...plain, observability: {} }),
    );
    assert.deepEqual([...server.bindings.keys()].sort(), ["preview-shop", "preview-shop-logs"]);
  });

  it("are given to the Jobs' account where operations run as Jobs, without waiting", async () => {
    const server = apiServer();
    const user = "system:serviceaccount:terrarium:terrarium-operations";
    await new NamespaceRights({ api: server.api, settings, role, user }).prepare(request("apply", plain));
    assert.equal(server.bindings.get("preview-shop")?.name, user);
    assert.equal(server.reviews(), 0);
  });

  it("are given once", async () => {
    const server = apiServer();
    const rights = new NamespaceRights({ api: server.api, settings, role });
    await rights.prepare(request("apply", plain));
    await rights.prepare(request("apply", plain));
    assert.equal(server.created.length, 1);
    assert.equal(server.reviews(), 3);
  });

  it("are given for a destroy where the namespaces are there, and make none", async () => {
    const server = apiServer({ "preview-shop": OWN });
    await new NamespaceRights({ api: server.api, settings, role }).prepare(request("destroy"));
    assert.deepEqual([...server.bindings.keys()], ["preview-shop"]);
    assert.deepEqual(server.created, []);
  });

  it("are given for a destroy also where somebody has deleted the namespace: they count in one that is there", async () => {
    const server = apiServer();
    await new NamespaceRights({ api: server.api, settings, role }).prepare(request("destroy"));
    assert.deepEqual([...server.bindings.keys()], ["preview-shop"]);
    const [{ metadata }] = server.created as [{ metadata: { name: string; labels: Record<string, string> } }];
    assert.equal(metadata.name, "preview-shop");
    assert.equal(metadata.labels["terrarium.dev/environment"], "shop", "it is found and deleted");
  });

  it("are given in the logs' namespace that somebody has deleted once a destroy was refused there, and until it ended well", async () => {
    const server = apiServer({ "preview-shop": OWN });
    const rights = new NamespaceRights({ api: server.api, settings, role });
    const destroy = async () => {
      server.bindings.clear();
      await rights.prepare(request("destroy"));
      return [...server.bindings.keys()].sort();
    };
    assert.deepEqual(await destroy(), ["preview-shop"]);
    const message = (namespace: string) =>
      `daemonsets "collector" is forbidden: User "me" cannot get resource in the namespace "${namespace}"`;
    const refused = (namespace: string) =>
      ({ ok: false, reason: "DestroyFailed", retry: "transient", message: message(namespace) }) as const;
    rights.learn(request("destroy"), refused("preview-shop"));
    assert.deepEqual(await destroy(), ["preview-shop"]);
    rights.learn(request("destroy"), refused("preview-shop-logs"));
    assert.deepEqual(await destroy(), ["preview-shop", "preview-shop-logs"]);
    server.namespaces.delete("preview-shop-logs");
    rights.learn(request("destroy"), { ok: true });
    assert.deepEqual(await destroy(), ["preview-shop"]);
  });

  it("are not taken in a namespace that merely has such a name", async () => {
    const server = apiServer({ "preview-shop": { team: "others" } });
    const rights = new NamespaceRights({ api: server.api, settings, role });
    for (const operation of [request("apply", plain), request("destroy")]) await rights.prepare(operation);
    assert.deepEqual([...server.bindings], []);
  });

  it("are asked for again after the API server did not answer", async () => {
    const server = apiServer();
    let down = true;
    const api: Api = {
      send: (...args) => (down ? Promise.reject(new ApiError(0, "no answer")) : server.api.send(...args)),
    };
    const rights = new NamespaceRights({ api, settings, role });
    await assert.rejects(rights.prepare(request("destroy")), /no answer/);
    down = false;
    await rights.prepare(request("apply", plain));
    assert.deepEqual([...server.bindings.keys()], ["preview-shop"]);
  });
});
