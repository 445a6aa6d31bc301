import assert from "node:assert/strict";
import { readContainerLog } from "../../../../platform/adapters/kubernetes/pod-logs.ts";
import type { Identity, Permission } from "../../../../platform/adapters/kubernetes/reviews.ts";
import { systemClock as clock } from "../../../../platform/clock.ts";
import { Access } from "../../../../platform/http/access.ts";
import { PodLogs } from "../../../../platform/http/pod-logs.ts";
import { HttpProblem } from "../../../../platform/http/problem.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";
import { quietLog } from "../quiet-log.ts";
import { ScriptedApi } from "../scripted-api.ts";

const NAMESPACE = "preview-shop";
const POD = `/api/v1/namespaces/${NAMESPACE}/pods/web-0`;
const web = { namespace: NAMESPACE, pod: "web-0", container: "web" };

describe("Logs of pods", () => {
  const scratch = useScratchFolder();
  let api: ScriptedApi;
  let logs: PodLogs;

  beforeEach(() => {
    api = new ScriptedApi();
    logs = new PodLogs(api, clock);
  });

  const write = (text: string) => api.objects.set(`${POD}/log`, text as never);
  const isProblem = (code: string, text: RegExp) => (error: unknown) =>
    error instanceof HttpProblem && error.code === code && text.test(error.message);

  it("are those of the main container where nobody names another", async () => {
    const containers = [{ name: "proxy" }, { name: "web" }];
    const pod = { metadata: { name: "web-0" }, spec: { initContainers: [{ name: "migrate" }], containers } };
    api.objects.set(POD, pod as never);
    assert.deepEqual(await logs.containers(NAMESPACE, "web-0"), { names: ["migrate", "proxy", "web"], main: "proxy" });
    const annotations = { "kubectl.kubernetes.io/default-container": "web" };
    api.objects.set(POD, { ...pod, metadata: { ...pod.metadata, annotations } } as never);
    assert.equal((await logs.containers(NAMESPACE, "web-0")).main, "web");
  });

  it("are read as lines, of which the last may be unfinished, and of which none may be there", async () => {
    for (const [text, lines] of [
      ["one\ntwo\n", ["one", "two"]],
      ["one\n\ntwo", ["one", "", "two"]],
      ["\n", [""]],
      ["", []],
    ] as const) {
      write(text);
      assert.deepEqual((await readContainerLog(api, NAMESPACE, "web-0", "web")).lines, lines, JSON.stringify(text));
    }
  });

  it("ask for no more than the end of a log", async () => {
    let query: unknown;
    const asked = { send: (_: string, __: string, request: { query?: unknown }) => ((query = request.query), "") };
    await readContainerLog(asked as never, NAMESPACE, "web-0", "web");
    assert.deepEqual(query, { container: "web", tailLines: "500", limitBytes: "131072" });
  });

  it("show no value of the platform's files, in no form, and no line of one", async () => {
    const token = scratch().file("token", "planted-token-1\n");
    const key = scratch().file("key", "-----BEGIN KEY-----\nplanted-line-2\n");
    const encoded = Buffer.from("planted-token-1").toString("base64");
    write(`token=planted-token-1 ${encoded}\nplanted-line-2\nharmless\n`);
    assert.deepEqual((await logs.log(web, { token, key })).lines, ["token=[secret] [secret]", "[secret]", "harmless"]);
  });

  it("are not shown while what to hide can't be read", async () => {
    write("planted\n");
    const files = { token: `${scratch().path}/missing` };
    await assert.rejects(logs.log(web, files), isProblem("unavailable", /"token" can't be read/));
  });

  it("say in the cluster's words why there is none", async () => {
    api.refuse = () => 400;
    assert.match((await logs.log(web, {})).missing ?? "", /refused/);
  });

  it("are forbidden where the service has no right to the namespace, and not found where there is no such pod", async () => {
    await assert.rejects(logs.containers(NAMESPACE, "gone-0"), isProblem("not-found", /no pod gone-0/));
    await assert.rejects(logs.containers(NAMESPACE, "../../secrets/x"), isProblem("not-found", /no pod/));
    api.refuse = () => 403;
    await assert.rejects(logs.log(web, {}), isProblem("forbidden", /^The service has no right/));
  });

  for (const missing of [undefined, "pods", "pods/log"]) {
    it(`are for whoever may get pods and pods/log in the namespace${missing === undefined ? "" : `, not without ${missing}`}`, async () => {
      const asked: Permission[] = [];
      const access = new Access({
        reviews: {
          identify: () => Promise.resolve(undefined),
          isAllowed: (_: Identity, permission: Permission) => {
            asked.push(permission);
            const { resource, subresource } = permission;
            return Promise.resolve([resource, subresource].filter(Boolean).join("/") !== missing);
          },
        },
        ...{ audiences: [], requestsPerMinute: 100, clock, log: quietLog() },
      });
      const ada = { name: "ada", groups: [], extra: {}, address: "127.0.0.1" };
      const demanded = access.demandLogs(ada, NAMESPACE);
      if (missing === undefined) await demanded;
      else
        await assert.rejects(demanded, isProblem("forbidden", /ada may not get pods and pods\/log in the namespace/));
      const inNamespace = { verb: "get", resource: "pods", namespace: NAMESPACE };
      assert.deepEqual(asked, [inNamespace, { ...inNamespace, subresource: "log" }]);
    });
  }
});
