import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { parse } from "yaml";
import { checkManifest, resolveEnvironment, STACK_CONFIG_KEYS, toEnvironmentSpec } from "../../../spec/index.ts";
import { checkout, codeBlocks, filesWith, pages, read } from "./checkout.ts";

/** Anchors of a page, as GitHub makes them from headings, and those set by hand. */
function anchorsOf(markdown: string): string[] {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
  return [...headings, ...[...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id)];
}

function linksOf(markdown: string): string[] {
  const text = markdown.replace(/^```.*?^```$/gms, "").replace(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

/** Checks a stack's configuration as the program does; the file must be valid as it stands. */
function resolveStack(text: string, stack: string): void {
  const file = parse(text) as { config: Record<string, unknown> };
  for (const key of Object.keys(file.config)) assert.match(key, /^terrarium:/);
  const config = Object.fromEntries(
    Object.entries(file.config).map(([key, value]) => [key.replace(/^terrarium:/, ""), value]),
  );
  const base: unknown = typeof config["base"] === "string" ? parse(read(config["base"])) : undefined;
  const spec = toEnvironmentSpec({ stack, project: "terrarium", config, base });
  resolveEnvironment(spec, Object.keys((config["secretValues"] as object | undefined) ?? {}));
}

for (const page of pages) {
  describe(page, () => {
    const markdown = read(page);

    it("has no dead relative link", () => {
      for (const link of linksOf(markdown).filter((target) => !/^[a-z]+:/.test(target))) {
        const [path = "", anchor] = link.split("#");
        const target = path === "" ? page : normalize(join(dirname(page), path));
        assert.ok(existsSync(join(checkout, target)), `${link}: there is no ${target}`);
        if (anchor !== undefined) assert.ok(anchorsOf(read(target)).includes(anchor), `${link}: no such heading`);
      }
    });

    it("names nothing of the machine that it was written on", () => {
      assert.doesNotMatch(markdown, /\/(root|work|tmp\/\w|home)\//);
    });

    const environments = codeBlocks(markdown, "yaml").filter((block) => /^kind: Environment$/m.test(block));
    if (environments.length > 0) {
      it("has examples of Environments that are valid", () => {
        for (const block of environments) checkManifest(parse(block));
      });
    }

    const stacks = codeBlocks(markdown, "yaml").filter((block) => /^config:/m.test(block));
    if (stacks.length > 0) {
      it("has examples of stack configuration that are valid", () => {
        for (const block of stacks) resolveStack(block, "example");
      });
    }
  });
}

describe("stack files of the examples", () => {
  for (const path of filesWith(".yaml", ["examples"]).filter((file) => /Pulumi\.[\w-]+\.yaml$/.test(file))) {
    it(`${path} is valid`, () => {
      resolveStack(read(path), path.replace(/.*Pulumi\.([\w-]+)\.yaml$/, "$1"));
    });
    it(`${path} holds no encryption salt`, () => {
      assert.doesNotMatch(read(path), /encryptionsalt/);
    });
  }

  it("includes the minimal one", () => {
    assert.ok(existsSync(join(checkout, "examples/minimal/Pulumi.shop.yaml")));
  });
});

describe("docs/guides/troubleshooting.md", () => {
  const places = ["bin", "cli", "clusters", "components", "spec", "index.ts", "stack-config.ts"];
  const sources = [...filesWith(".ts", places), "bin/bootstrap"].map(read).join("\n");

  for (const block of codeBlocks(read("docs/guides/troubleshooting.md"), "text")) {
    it(`quotes an error that exists: ${block.trim()}`, () => {
      // Backticks are escaped in template literals; what differs is written as "…".
      const plain = sources.replaceAll("\\`", "`");
      const parts = block
        .trim()
        .split("…")
        .map((part) => part.trim())
        .filter((part) => part.length > 3);
      assert.ok(parts.length > 0);
      for (const part of parts) assert.ok(plain.includes(part), `no source says ${JSON.stringify(part)}`);
    });
  }
});

describe("docs/dependencies.md", () => {
  const page = read("docs/dependencies.md");

  it("names every npm dependency with its version", () => {
    const manifest = JSON.parse(read("package.json")) as Record<
      "dependencies" | "devDependencies",
      Record<string, string>
    >;
    const rows = page.split("\n").filter((line) => line.startsWith("|"));
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const row = rows.find((line) => line.includes(`\`${name}\``));
      assert.ok(row?.includes(version), `${name} ${version}`);
    }
  });

  it("names every Go module with its version", async () => {
    const { goModules } = await import("../../../clusters/toolchain/versions.ts");
    for (const [module, version] of Object.values(goModules).flatMap((modules) => Object.entries(modules))) {
      assert.ok(page.includes(`\`${module}\` ${version}`), `${module} ${version}`);
    }
  });

  it("names every image", async () => {
    const { IMAGES } = await import("../../../spec/images.ts");
    for (const { image } of Object.values(IMAGES)) assert.ok(page.includes(`\`${image}\``), image);
  });
});

describe("the keys of stack configuration", () => {
  it("are all explained in the reference", () => {
    const reference = read("docs/reference/configuration.md");
    for (const key of STACK_CONFIG_KEYS) assert.ok(reference.includes(`terrarium:${key}`), key);
  });
});
