import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { LiveConfig, PlatformConfigError, readConfigFile } from "../../../platform/config-file.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { quietLog } from "./quiet-log.ts";
import { ScriptedClock } from "./scripted-clock.ts";

const SHOP = "https://git.example.com/team/shop";

describe("the platform's configuration", () => {
  const scratch = useScratchFolder();

  it("has a default for everything", async () => {
    const { config, domain } = await readConfigFile(scratch().file("platform.yaml", ""));
    assert.equal(config.namespace, "terrarium");
    assert.deepEqual(domain.retry, { waitingMs: 5_000, firstMs: 10_000, maxMs: 600_000 });
    assert.deepEqual(domain.ttl, { warningMs: 4 * 3_600_000 });
    assert.deepEqual(domain.drift, { mode: "report", intervalMs: 6 * 3_600_000 });
  });

  it("takes a repository's base as it stands there, or from a file beside it", async () => {
    const file = scratch().file(
      "platform.yaml",
      `repositories:
        ${SHOP}.git/: { base: shop.yaml, images: { team/shop: "{commit}" }, cap: 3 }
        https://git.example.com/team/clock: { base: { services: { web: { image: team/clock:1 } } } }
      `,
    );
    scratch().file("shop.yaml", "services: { web: { image: team/shop:1 } }");
    const { repositories } = (await readConfigFile(file)).domain;
    assert.deepEqual(repositories[SHOP], {
      base: { services: { web: { image: "team/shop:1" } } },
      images: { "team/shop": "{commit}" },
      secretFiles: {},
      seeds: {},
      cap: 3,
    });
    assert.deepEqual(Object.keys(repositories), [SHOP, "https://git.example.com/team/clock"]);
  });

  it("names files of secrets by their full path, and holds no value of any", async () => {
    scratch().file("token", "t0p-secret\n");
    const file = scratch().file(
      "platform.yaml",
      `repositories:
        ${SHOP}:
          base: { services: { web: { image: team/shop:1, secrets: { TOKEN: { config: token } } } } }
          secretFiles: { token: token }
      `,
    );
    const read = await readConfigFile(file);
    assert.deepEqual(read.domain.repositories[SHOP]?.secretFiles, { token: join(scratch().path, "token") });
    assert.doesNotMatch(JSON.stringify(read), /t0p-secret/);
  });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ["no YAML", "namespace: [", /\(the file\): expected a readable YAML file/],
    ["an unknown key", "capz: {}", /capz: no such key; allowed here: namespace, repositories, caps/],
    [
      "an address of the dashboard with a path",
      "http: { url: https://a.example/b }",
      /http\.url: got .*, expected an address without a path/,
    ],
    ["a wrong value", "ttl: { default: 3 days }", /ttl\.default: got "3 days", expected a time span such as "30s"/],
    [
      "rules for pull requests without a place where these are",
      `repositories: { ${SHOP}: { pullRequests: {} } }`,
      /pullRequests: expected pullRequests\.github beside it/,
    ],
    [
      "a GitHub without a way to reach it",
      "pullRequests: { github: {} }",
      /pullRequests\.github: expected either `app` or `tokenFile`/,
    ],
    [
      "a file with a webhook's secret that is not there",
      "pullRequests: { github: { tokenFile: platform.yaml, webhookSecretFile: nowhere } }",
      /pullRequests\.github\.webhookSecretFile: expected a file that holds a value/,
    ],
    [
      "names of environments that two repositories have",
      `pullRequests: { github: { tokenFile: platform.yaml } }
repositories: { ${SHOP}: { pullRequests: {} }, https://git.example.com/other/shop: { pullRequests: {} } }`,
      /other\/shop\.pullRequests\.name: expected another name than shop/,
    ],
    [
      "a repository that GitHub can't have",
      `pullRequests: { github: { tokenFile: platform.yaml } }
repositories: { https://git.example.com/a/b/c: { pullRequests: {} } }`,
      /expected a repository of GitHub/,
    ],
    ["a cap of none", "caps: { global: 0 }", /caps\.global: got 0, expected a whole number of at least 1/],
    [
      "an address with credentials",
      "repositories: { 'https://me:pw@git.example.com/x': {} }",
      /expected .*without credentials/,
    ],
    ["a repository twice", `repositories: { ${SHOP}: {}, ${SHOP}.git: {} }`, /expected each repository once/],
    [
      "a base that can't be used",
      `repositories: { ${SHOP}: { base: { services: { web: {} } } } }`,
      /base: .*services\.web\.image/s,
    ],
    [
      "a base that is not there",
      `repositories: { ${SHOP}: { base: gone.yaml } }`,
      /base: expected a readable YAML file/,
    ],
    [
      "a base that takes a secret of which there is no file",
      `repositories: { ${SHOP}: { base: { services: { web: { image: team/shop:1, secrets: { TOKEN: { config: token } } } } } } }`,
      /services\.web\.secrets\.TOKEN\.config: got "token", expected a key of the repository's secretFiles .*none is named/,
    ],
    [
      "a file of a secret that is not there",
      `repositories: { ${SHOP}: { secretFiles: { token: gone } } }`,
      /secretFiles\.token: expected a file that holds a value \(ENOENT/,
    ],
    [
      "a file of a secret that is empty",
      `repositories: { ${SHOP}: { secretFiles: { token: /dev/null } } }`,
      /secretFiles\.token: expected a file that holds a value \(\/dev\/null is empty\)/,
    ],
    ["a page without a name in it", "url: https://preview.example.com", /url: got .*, expected a pattern/],
  ];
  for (const [what, text, message] of wrong) {
    it(`refuses ${what}, and says where`, async () => {
      const file = scratch().file("platform.yaml", text);
      await assert.rejects(readConfigFile(file), (error: unknown) => {
        assert.ok(error instanceof PlatformConfigError, String(error));
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it("counts as soon as the file is replaced, and the old one goes on to count when the new one is wrong", async () => {
    const file = scratch().file("platform.yaml", "caps: { global: 1 }");
    const log = quietLog();
    let changes = 0;
    const live = new LiveConfig(file, await readConfigFile(file), {
      clock: new ScriptedClock(),
      log,
      changed: () => changes++,
    });
    const replace = (text: string): Promise<void> => {
      renameSync(scratch().file("new.yaml", text), file);
      return live.reload();
    };
    await replace("caps: { global: 2 }");
    assert.equal(live.current.domain.caps.global, 2);
    await replace("caps: { global: none }");
    assert.equal(live.current.domain.caps.global, 2);
    assert.match(
      log.lines.at(-1) ?? "",
      /^error the new configuration is wrong; the old one still counts: .*caps\.global/,
    );
    await replace("caps: { global: 2 }");
    assert.equal(changes, 1, "what is the same changes nothing");
    await replace("{ caps: { global: 3 }, namespace: elsewhere }");
    assert.deepEqual([live.current.domain.caps.global, live.current.config.namespace], [3, "terrarium"]);
    assert.ok(log.lines.some((line) => line.startsWith("warn namespace, http, runner and")));
  });
});
