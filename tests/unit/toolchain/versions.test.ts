import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { binariesOf, foldersOf } from "../../../clusters/toolchain/recipe.ts";
import * as checkerRecipes from "../../../clusters/toolchain/checker-recipes.ts";
import * as csiRecipes from "../../../clusters/toolchain/csi-recipes.ts";
import * as exporterRecipes from "../../../clusters/toolchain/exporter-recipes.ts";
import * as gitopsRecipes from "../../../clusters/toolchain/gitops-recipes.ts";
import * as recipes from "../../../clusters/toolchain/recipes.ts";
import { traefik } from "../../../clusters/toolchain/traefik-recipe.ts";
import { goModules } from "../../../clusters/toolchain/versions.ts";

const modules = fileURLToPath(new URL("../../../clusters/toolchain/go", import.meta.url));

/**
 * Tools that are built after another one, whose versions of libraries they take: Go compiles each of those once. Behind
 * them, the libraries that they have at versions of their own.
 */
const sharing: Readonly<Record<string, { readonly after: string; readonly except: RegExp }>> = {
  "kube-state-metrics": { after: "prometheus", except: /^$/ },
  "local-path-provisioner": { after: "prometheus", except: /^$/ },
  coredns: { after: "prometheus", except: /\/(miekg\/dns|pprof)$/ },
  helm: { after: "prometheus", except: /\/jsonschema\/v6$/ },
  kwok: { after: "pulumi-resource-kubernetes", except: /\/(go-restful\/v3|cel-go|client_model|controller-runtime)$/ },
};

describe("pinned versions", () => {
  it("are the ones that each go.mod requires and each go.sum has a checksum for", async () => {
    for (const [folder, pins] of Object.entries(goModules)) {
      const goMod = await readFile(`${modules}/${folder}/go.mod`, "utf8");
      const goSum = await readFile(`${modules}/${folder}/go.sum`, "utf8");
      for (const [module, version] of Object.entries(pins)) {
        assert.ok(
          goMod.includes(`${module} ${version}\n`) || goMod.includes(`${module} ${version} `),
          `${folder}: ${module} ${version}`,
        );
        assert.ok(goSum.includes(`${module} ${version} h1:`), `${folder}/go.sum: ${module} ${version}`);
      }
    }
  });

  it("are those of another tool where both take a library, so that Go compiles it once", async () => {
    for (const [folder, { after, except }] of Object.entries(sharing)) {
      const [own, others] = [await requires(folder), await requires(after)];
      const shared = [...own].filter(([module]) => others.has(module) && !except.test(module));
      assert.ok(shared.length > 30, `${folder} shares ${shared.length} modules with ${after}`);
      assert.deepEqual(
        shared.map(([module, version]) => `${module} ${version}`),
        shared.map(([module]) => `${module} ${others.get(module)}`),
        folder,
      );
    }
  });

  it("cover every module folder, and every recipe's folder is one of them", async () => {
    const pinned = Object.keys(goModules).sort();
    assert.deepEqual((await readdir(modules)).sort(), pinned);
    assert.deepEqual(
      [
        ...new Set(
          Object.values({
            ...recipes,
            ...checkerRecipes,
            ...csiRecipes,
            ...exporterRecipes,
            ...gitopsRecipes,
            traefik,
          }).flatMap(foldersOf),
        ),
      ].sort(),
      pinned,
    );
  });

  it("carry the checksums that were compared with the upstream sources", async () => {
    const sums = [
      "github.com/pulumi/cloud-ready-checks v1.3.0 h1:sakLHDVOxw6xQQI61NV+sjZNlVbDOe3G6Ie+YQ7le38=",
      "github.com/pulumi/pulumi-kubernetes/provider/v4 v4.0.0-20260115033456-f47bc2d6f199 h1:j2bphCf7c2YhnBrhwht2f3TNRRgcMImltUlAgzxr9H4=",
      "github.com/pulumi/pulumi-terraform-bridge/v3 v3.119.0 h1:Xar7aV21GSCgiSWXiMGL9XGxOM+t/Tcj3YgXvlSYDEY=",
      "github.com/terraform-providers/terraform-provider-random v1.3.2-0.20260127150608-de3700a633e4 h1:Ds2rf35kr1MHPUyI1k9kvG8mjChG2vYNFEzuH3JKqOo=",
    ];
    const kubernetes = await readFile(`${modules}/pulumi-resource-kubernetes/go.sum`, "utf8");
    const random = await readFile(`${modules}/pulumi-resource-random/go.sum`, "utf8");
    for (const sum of sums) {
      assert.ok(`${kubernetes}${random}`.split("\n").includes(sum), sum);
    }
  });

  it("make recipes whose binaries have distinct names", () => {
    const names = Object.values({ ...recipes, ...csiRecipes, ...exporterRecipes, ...gitopsRecipes, traefik }).flatMap(
      binariesOf,
    );
    assert.deepEqual([...new Set(names)], names);
    assert.ok(names.includes("kube-apiserver") && names.includes("pulumi-analyzer-policy"));
  });
});

/** Module to version, as a folder's go.mod requires them. */
async function requires(folder: string): Promise<Map<string, string>> {
  const goMod = await readFile(`${modules}/${folder}/go.mod`, "utf8");
  return new Map(
    [...goMod.matchAll(/^(?:require )?\s*(\S+\.\S+\/?\S*) (v\S+)(?: \/\/ indirect)?$/gm)].map(
      ([, module = "", version = ""]) => [module, version],
    ),
  );
}
