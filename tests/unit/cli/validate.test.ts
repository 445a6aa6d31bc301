import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { checkPolicies } from "../../../cli/checks/policies.ts";
import { checkPrometheus } from "../../../cli/checks/prometheus.ts";
import { formatResults, isFailed } from "../../../cli/checks/result.ts";
import { checkSchemas } from "../../../cli/checks/schemas.ts";
import { UsageFailure } from "../../../cli/exit.ts";
import { runProgram } from "../../../cli/program.ts";
import type { KubeManifest } from "../../../cli/rendered-object.ts";
import { GoRequiredError } from "../../../clusters/toolchain/index.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { put, shop } from "../policies/shop.ts";
import { testSurroundings } from "./surroundings.ts";

describe("validate", () => {
  const scratch = useScratchFolder();

  it("checks the configuration of every stack when none is named, without any tool", async () => {
    const surroundings = testSurroundings(scratch());
    scratch().file("Pulumi.prod.yaml", "config:\n  terrarium:tier: prod\n");
    assert.equal(await runProgram(["validate"], surroundings), 0);
    assert.equal(surroundings.output.stdout, "dev: valid\nprod: valid\n");
    assert.deepEqual(scratch().calls(), []);
  });

  it("tells of the configuration of every stack as JSON and YAML", async () => {
    for (const format of ["json", "yaml"]) {
      const surroundings = testSurroundings(scratch());
      assert.equal(await runProgram(["validate", "-o", format], surroundings), 0);
      assert.deepEqual(parse(surroundings.output.stdout), [
        { stack: "dev", checks: [{ check: "configuration", summary: "valid", problems: [], notes: [] }] },
      ]);
    }
  });

  it("tells of every wrong configuration, not of the first alone", async () => {
    const validate = (stack: string) => {
      if (stack !== "dev") throw new UsageFailure(`${stack} is wrong`);
      return stack;
    };
    const surroundings = testSurroundings(scratch(), { validate });
    for (const stack of ["prod", "staging"]) scratch().file(`Pulumi.${stack}.yaml`, "config: {}\n");
    assert.equal(await runProgram(["validate"], surroundings), 2);
    assert.equal(surroundings.output.stdout, "dev: valid\nprod: invalid\nstaging: invalid\n");
    assert.equal(surroundings.output.stderr, "terrarium: prod is wrong\nstaging is wrong\n");
  });

  describe("asks the policies", () => {
    const check = (change: (objects: ReturnType<typeof shop>) => void, tier: "dev" | "prod") => {
      const objects = shop();
      change(objects);
      return checkPolicies(Object.values(objects) as unknown as KubeManifest[], tier);
    };

    it("and counts what they say", () => {
      const result = check(({ web }) => {
        put(web, "spec.template.spec.hostPID", true);
      }, "prod");
      assert.equal(result.summary, "15 objects: violations 1, advice 0, waivers 0");
      assert.match(result.problems[0]?.message ?? "", /^pod-security-host-namespaces: Deployment shop\/web: /);
      assert.ok(isFailed(result));
    });

    it("and takes advice in dev for no failure", () => {
      const result = check(({ web }) => {
        put(web, "spec.template.spec.hostPID", true);
      }, "dev");
      assert.equal(isFailed(result), false);
      assert.match(formatResults([result]), /^policies: advice: pod-security-host-namespaces: /m);
    });

    it("and lists waivers, those that are not needed too", () => {
      const { notes } = check(({ web, autoscaler }) => {
        const waiver = { "waiver.terrarium.dev/replicas-in-production": "until 9999-12-31: one is enough" };
        put(web, "metadata.annotations", waiver);
        put(autoscaler, "metadata.annotations", waiver);
        put(autoscaler, "spec.minReplicas", 1);
      }, "prod");
      assert.deepEqual(notes, [
        "HorizontalPodAutoscaler shop/web is let off replicas-in-production until 9999-12-31: one is enough",
        "not needed any more: Deployment shop/web is let off replicas-in-production until 9999-12-31: one is enough",
      ]);
    });
  });

  describe("asks promtool", () => {
    const manifests = [
      {
        ...shop().config,
        data: { "prometheus.yml": "rule_files: [/etc/prometheus/*.rules.yml]\n", "a.rules.yml": "groups: []\n" },
      },
    ] as unknown as KubeManifest[];
    const check = async (isInstalled: boolean) => {
      const surroundings = testSurroundings(scratch());
      const tools = isInstalled ? await surroundings.toolchain([]) : undefined;
      const installedTools = () => Promise.resolve(tools);
      return checkPrometheus({ ...surroundings, installedTools }, manifests, join(scratch().path, "prometheus"));
    };

    it("where it is installed, with the rules where the configuration looks for them", async () => {
      scratch().program("promtool", "/bin/cat prometheus.yml >&2; test -f ./a.rules.yml && exit 1");
      const { summary, problems } = await check(true);
      assert.equal(summary, "invalid");
      assert.deepEqual(problems, [{ message: "rule_files: [./*.rules.yml]", level: "mandatory" }]);
      assert.deepEqual(scratch().calls(), ["promtool check config prometheus.yml"]);
    });

    it("and says where it is not", async () => {
      assert.deepEqual(await check(false), {
        check: "prometheus",
        summary: "not checked: promtool is not installed",
        problems: [],
        notes: [],
      });
    });
  });

  describe("asks kubeconform", () => {
    const API = {
      definitions: {
        "v1.ConfigMap": {
          "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "ConfigMap" }],
          type: "object",
        },
      },
    };
    const ROUTES = {
      spec: {
        group: "gateway.networking.k8s.io",
        names: { kind: "HTTPRoute" },
        versions: [{ name: "v1", schema: { openAPIV3Schema: { type: "object" } } }],
      },
    };

    it("about what there are schemas for, and names the other kinds", async () => {
      const folder = scratch();
      const manifests = join(folder.path, "manifests");
      folder.file("assets/kubernetes-api", JSON.stringify(API));
      folder.file("assets/gateway-api/gateway.networking.k8s.io_httproutes.yaml", JSON.stringify(ROUTES));
      folder.file("manifests/kustomization.yaml", "kind: Kustomization\n");
      folder.file("manifests/shop/configmap.yaml", "apiVersion: v1\nkind: ConfigMap\n");
      folder.file("manifests/shop/route.yaml", "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n");
      folder.file("manifests/shop/monitor.yaml", "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\n");
      const answer = {
        summary: { valid: 1, invalid: 1, errors: 0, skipped: 0 },
        resources: [{ filename: `${manifests}/shop/configmap.yaml`, kind: "ConfigMap", name: "web", msg: "odd" }],
      };
      folder.program("kubeconform", `echo '${JSON.stringify(answer)}'; exit 1`);
      const surroundings = testSurroundings(folder);
      const tools = await surroundings.toolchain([]);
      const toolchain = () =>
        Promise.resolve({ ...tools, asset: (name: string) => Promise.resolve(join(folder.path, "assets", name)) });
      const schemas = join(folder.path, "schemas");
      assert.deepEqual(await checkSchemas({ ...surroundings, toolchain }, { manifests, schemas }), {
        check: "schemas",
        summary: "2 objects: valid 1, invalid 1",
        problems: [{ message: "shop/configmap.yaml: ConfigMap/web: odd", level: "mandatory" }],
        notes: ["no schema is known for ServiceMonitor"],
      });
      const [call = ""] = folder.calls();
      assert.match(call, /^kubeconform -strict .*shop\/configmap\.yaml .*shop\/route\.yaml$/);
    });

    it("and says why it can't", async () => {
      const surroundings = testSurroundings(scratch(), {
        toolchain: () => Promise.reject(new GoRequiredError("Go 1.24.11 or newer is needed to build kubeconform")),
      });
      const { summary, problems, notes } = await checkSchemas(surroundings, { manifests: "/", schemas: "/" });
      assert.deepEqual([summary, problems], ["not checked: see below", []]);
      assert.match(notes[0] ?? "", /Go .* is needed/);
    });
  });
});
