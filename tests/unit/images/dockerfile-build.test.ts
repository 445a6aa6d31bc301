import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { buildDockerfile } from "../../../images/dockerfile-build.ts";
import { dockerfileKey } from "../../../images/image-key.ts";
import type { DockerfileRecipe, PackageManager } from "../../../images/recipe.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

const recipe: DockerfileRecipe = { context: "app", packageManager: "cargo", bases: { BUILD_IMAGE: "rustBuilder" } };

describe("building a Dockerfile", () => {
  const scratch = useScratchFolder();
  let build: readonly string[];
  /** What the build was given, read while it ran. */
  let given: { settings: string; mode: number; authorities: string };

  const valueOf = (prefix: string): string =>
    build.find((argument) => argument.startsWith(prefix))?.slice(prefix.length) ?? "";
  const start = (
    packageManager: PackageManager,
    env: NodeJS.ProcessEnv,
    npm: Record<string, string> = {},
  ): Promise<string> => {
    const file = join(scratch().path, "image.tar");
    const bases = { BUILD_IMAGE: "/cache/rust.tar" };
    const request = { reference: "docker.io/a/b:1", context: "/app", target: "debug", packageManager, bases };
    return buildDockerfile(request, file, env, (_purpose, command) => {
      if (command[0] === "npm") return Promise.resolve(`${npm[command[3] ?? ""] ?? "undefined"}\n`);
      if (command.includes("build")) {
        build = command;
        const settings = /src=(.*)$/.exec(valueOf("--secret="))?.[1] ?? "";
        const authorities = valueOf("--volume=").split(":")[0] ?? "";
        given = {
          settings: readFileSync(settings, "utf8"),
          mode: statSync(settings).mode & 0o777,
          authorities: readFileSync(authorities, "utf8"),
        };
      }
      return Promise.resolve(command.includes("images") ? "sha256:1\n" : "");
    });
  };

  it("asks no registry for base images, keeps health checks and takes the stage that was asked for", async () => {
    assert.equal(await start("cargo", scratch().env), "sha256:1");
    for (const argument of [
      "--pull-never",
      "--format=docker",
      "--target=debug",
      "--build-arg=BUILD_IMAGE=docker-archive:/cache/rust.tar",
    ])
      assert.ok(build.includes(argument), argument);
    assert.equal(build.at(-1), "/app");
  });

  it("gives cargo the user's settings as a secret, and the authorities that they name in the usual place", async () => {
    const authority = scratch().file("own.crt", "OWN");
    scratch().file(".cargo/config.toml", `[net]\nretry = 5\n[http]\ncainfo = "${authority}"\nmultiplexing = false\n`);
    await start("cargo", scratch().env);
    assert.match(valueOf("--secret="), /^id=cargo,/);
    assert.equal(given.settings, "[net]\nretry = 5\n[http]\nmultiplexing = false\n");
    assert.equal(given.mode, 0o600);
    assert.ok(given.authorities.split("\n").includes("OWN"));
  });

  it("gives npm the user's settings as a secret, and one file of authorities", async () => {
    const authority = scratch().file("own.crt", "OWN");
    const userconfig = scratch().file("npmrc", `cafile=${authority}\nfetch-retries=5\n`);
    const globalconfig = scratch().file("global-npmrc", "maxsockets=3\n");
    await start("npm", scratch().env, { userconfig, globalconfig, cafile: authority });
    assert.match(valueOf("--secret="), /^id=npmrc,/);
    assert.match(given.settings, /^fetch-retries=5\n\n?cafile=\/etc\/ssl\/certs\/ca-certificates\.crt\n$/);
    assert.ok(given.authorities.split("\n").includes("OWN"));
    assert.ok(build.includes(`--volume=${globalconfig}:/usr/local/etc/npmrc:ro`));
  });

  it("works for a user without settings", async () => {
    await start("cargo", scratch().env);
    assert.equal(given.settings, "");
    await start("npm", scratch().env);
    assert.equal(given.settings.trim(), "cafile=/etc/ssl/certs/ca-certificates.crt");
  });

  it("leaves neither settings nor storage behind", async () => {
    await start("cargo", scratch().env);
    assert.equal(existsSync(join(scratch().path, "image.tar.storage")), false);
  });
});

describe("the key of an image that is built from a Dockerfile", () => {
  const scratch = useScratchFolder();
  const key = (more: Partial<DockerfileRecipe> = {}): Promise<string> =>
    dockerfileKey("docker.io/a/b:1", { ...recipe, ...more }, join(scratch().path, "app"), { BUILD_IMAGE: "sha256:1" });

  beforeEach(() => {
    scratch().file("app/.dockerignore", "# Only this.\n*\n!main.rs\n!src\n");
    for (const name of ["Dockerfile", "main.rs", "src/a.rs"]) scratch().file(`app/${name}`, name);
  });

  it("follows every file of the build, its mode, and the stage", async () => {
    const seen = [await key(), await key({ target: "debug" })];
    for (const name of ["Dockerfile", "main.rs", "src/a.rs"]) {
      scratch().file(`app/${name}`, "changed");
      seen.push(await key());
    }
    chmodSync(join(scratch().path, "app/main.rs"), 0o755);
    seen.push(await key());
    scratch().file("app/src/b.rs", "");
    seen.push(await key());
    assert.equal(new Set(seen).size, seen.length);
  });

  it("does not follow what .dockerignore leaves out, or times", async () => {
    const before = await key();
    scratch().file("app/target/release/clock", "compiled");
    scratch().file("app/node_modules/x/index.js", "installed");
    utimesSync(join(scratch().path, "app/main.rs"), 1, 1);
    assert.equal(await key(), before);
  });

  for (const text of ["", "target\n", "*\n!src/**\n", "*\n!src\nsrc/a.rs\n"]) {
    it(`is refused for a .dockerignore that is not a list of what is let in: ${JSON.stringify(text)}`, async () => {
      scratch().file("app/.dockerignore", text);
      await assert.rejects(key(), {
        name: "ImageError",
        message: `${scratch().path}/app/.dockerignore: the first line must be "*", each other one "!" and a file or folder of the build`,
      });
    });
  }
});
