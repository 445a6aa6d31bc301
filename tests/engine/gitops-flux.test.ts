import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { FLUX_NAMESPACE } from "../../gitops/flux.ts";
import type { CommandResult } from "./checkout.ts";
import { sharedCheckout } from "./fixtures.ts";
import { BUILD_TIMEOUT_MS, GitOpsExport } from "./gitops-export.ts";

const STACKS = ["dev", "staging", "prod"] as const;

const DEFINITIONS = ["kustomizations.kustomize.toolkit.fluxcd.io", "helmreleases.helm.toolkit.fluxcd.io"];

describe("the Flux objects of an export, on an API server with Flux's own definitions", function () {
  this.timeout(600_000);
  const exports: Record<"kustomize" | "helm", GitOpsExport | undefined> = { kustomize: undefined, helm: undefined };

  const kubectl = (...args: string[]): Promise<CommandResult> => sharedCheckout().run("kubectl", args);
  const must = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await kubectl(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    for (const format of ["kustomize", "helm"] as const) {
      const exported = await GitOpsExport.create(`gitops-flux-${format}`);
      await exported.write(STACKS, ["--format", format]);
      exports[format] = exported;
    }
    await must("apply", "--server-side", "-f", (await exports.helm?.tools.asset("flux-definitions")) ?? "");
    await must("wait", "--for=condition=Established", ...DEFINITIONS.map((name) => `crd/${name}`));
    await must("create", "namespace", FLUX_NAMESPACE);
  });

  after(async () => {
    await must("delete", "namespace", FLUX_NAMESPACE, "--ignore-not-found");
    await must("delete", "crd", ...DEFINITIONS, "--ignore-not-found");
  });

  /** Has the API server judge a file, strictly, and store nothing. */
  const judge = (file: string): Promise<CommandResult> =>
    kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", file);

  const filesOf = (format: "kustomize" | "helm"): string[] => {
    const files = exports[format]?.files() ?? [];
    const isFlux = (file: string): boolean => /toolkit\.fluxcd\.io\//.test(textOf(format, file));
    return files.filter((file) => file.endsWith(".yaml") && isFlux(file));
  };
  const textOf = (format: "kustomize" | "helm", file: string): string => exports[format]?.text(file) ?? "";
  const pathOf = (format: "kustomize" | "helm", file: string): string => join(exports[format]?.folder ?? "", file);

  for (const [format, kinds] of [
    ["kustomize", ["Kustomization"]],
    ["helm", ["HelmRelease", "Kustomization"]],
  ] as const) {
    it(`are all taken, without a warning, in the format ${format}`, async () => {
      const files = filesOf(format);
      assert.ok(files.length >= 3 * STACKS.length, files.join(", "));
      const found = new Set(files.map((file) => (parse(textOf(format, file)) as { kind: string }).kind));
      assert.deepEqual([...found].sort(), kinds);
      for (const file of files) {
        const { code, stderr } = await judge(pathOf(format, file));
        assert.deepEqual([code, stderr], [0, ""], file);
      }
    });
  }

  for (const [what, format, file, change, message] of [
    ["a field that Flux has not", "kustomize", "flux/dev/services.yaml", { prunes: true }, /prunes/],
    [
      "a time span that is none",
      "kustomize",
      "flux/dev/services.yaml",
      { interval: "often" },
      /spec\.interval.*should match/,
    ],
    [
      "another kind of source",
      "kustomize",
      "flux/dev/services.yaml",
      { sourceRef: { kind: "Git", name: "a" } },
      /sourceRef\.kind/,
    ],
    ["no chart", "helm", "releases/dev/services.yaml", { chart: null }, /chart/],
    ["a text for a list", "helm", "releases/dev/services.yaml", { dependsOn: "services" }, /dependsOn/],
  ] as const) {
    it(`would not be taken with ${what}`, async () => {
      const object = parse(readFileSync(pathOf(format, file), "utf8")) as { spec: object };
      const path = join(sharedCheckout().folder, ".terrarium/broken-flux-object.yaml");
      writeFileSync(path, stringify({ ...object, spec: { ...object.spec, ...change } }));
      const { code, stderr } = await judge(path);
      assert.equal(code, 1, stderr);
      assert.match(stderr, message);
    });
  }
});
