import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { resourcesIn } from "../../../stacks/exported-state.ts";
import { folderState } from "../../../stacks/folder-state.ts";
import { openState } from "../../../stacks/open-state.ts";
import { postgresState } from "../../../stacks/postgres-state.ts";
import { tidyHistory, tidyRemoved } from "../../../stacks/tidy.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

const STACK = { project: "shop", stack: "dev" };

describe("the files of a backend in a folder", () => {
  const scratch = useScratchFolder();
  const state = () => folderState(scratch().path);

  it("are listed by the start of their keys, without the attributes beside them", async () => {
    for (const name of ["b.json", "b.json.attrs", "a.json"]) scratch().file(`.pulumi/stacks/shop/${name}`, "{}");
    scratch().file(".pulumi/stacks/other/a.json", "{}");
    assert.deepEqual(await state().list(".pulumi/stacks/shop/"), [
      ".pulumi/stacks/shop/a.json",
      ".pulumi/stacks/shop/b.json",
    ]);
    assert.deepEqual(await state().list(".pulumi/stacks/shop/b"), [".pulumi/stacks/shop/b.json"]);
    assert.deepEqual(await state().list(".pulumi/locks/"), []);
  });

  it("are read, and missing ones are undefined", async () => {
    scratch().file(".pulumi/meta.yaml", "version: 1\n");
    assert.equal(await state().read(".pulumi/meta.yaml"), "version: 1\n");
    assert.equal(await state().read(".pulumi/none"), undefined);
  });

  it("are created for their user alone, and never overwritten", async () => {
    const key = ".pulumi/stacks/shop/dev.json";
    await state().create(key, "first");
    await state().create(key, "second");
    assert.equal(await state().read(key), "first");
    assert.equal(statSync(state().locate(key)).mode & 0o777, 0o600);
  });

  it("are removed with their attributes; what is gone is no error", async () => {
    scratch().file("a.json", "{}");
    const attributes = scratch().file("a.json.attrs", "{}");
    await state().remove("a.json");
    await state().remove("a.json");
    assert.throws(() => statSync(attributes));
  });

  it("of earlier updates are removed but for the last three", async () => {
    const history = (stack: string, update: number) => `.pulumi/history/shop/${stack}/${stack}-${update}`;
    for (const update of [101, 102, 103, 104, 105]) {
      for (const kind of ["history", "checkpoint"]) scratch().file(`${history("dev", update)}.${kind}.json`, "{}");
    }
    scratch().file(`${history("prod", 1)}.history.json`, "{}");
    await tidyHistory(state(), STACK);
    const left = await state().list(".pulumi/history/");
    assert.deepEqual(
      left,
      [103, 104, 105]
        .flatMap((update) => ["checkpoint", "history"].map((kind) => `${history("dev", update)}.${kind}.json`))
        .concat(`${history("prod", 1)}.history.json`),
    );
    await tidyHistory(state(), STACK);
    assert.equal((await state().list(".pulumi/history/shop/dev/")).length, 6);
  });

  it("leave nothing of a stack that was removed, nor of a removal that was cut off", async () => {
    for (const name of [
      "stacks/shop/dev.json.bak",
      "history/shop/dev/dev-1.history.json",
      "locks/organization/shop/dev/1",
    ])
      scratch().file(`.pulumi/${name}`, "{}");
    await state().remove(".pulumi/locks/organization/shop/dev/1");
    await tidyRemoved(state(), STACK);
    await tidyRemoved(state(), STACK);
    const left = readdirSync(join(scratch().path, ".pulumi"), { recursive: true }).sort();
    const folders = ["stacks/shop", "history/shop", "locks/organization", "locks/organization/shop"];
    assert.deepEqual(left, ["history", "locks", "stacks", ...folders].sort());
  });

  it("keep the folder of locks while somebody has one there", async () => {
    const lock = ".pulumi/locks/organization/shop/dev/1.json";
    scratch().file(lock, "{}");
    await tidyRemoved(state(), STACK);
    assert.equal(await state().read(lock), "{}");
  });
});

describe("the address of a backend", () => {
  const scratch = useScratchFolder();

  it("opens folders, with blanks in their names and parameters behind them", async () => {
    const folder = join(scratch().path, "a state");
    scratch().file("a state/.pulumi/meta.yaml", "version: 1\n");
    const state = openState(`${pathToFileURL(folder).href}?no_tmp_dir=true`);
    assert.equal(await state?.read(".pulumi/meta.yaml"), "version: 1\n");
  });

  for (const address of ["s3://bucket", "gs://bucket", "azblob://container", "https://api.pulumi.com"]) {
    it(`leaves ${address} to Pulumi`, () => {
      assert.equal(openState(address), undefined);
    });
  }

  it("of a database is shown without its password", () => {
    const place = postgresState("postgres://ada:pa55word@db:5432/state?table=stacks").locate("k");
    assert.equal(place, "postgres://db:5432/state?table=stacks/k");
  });

  it("of a database must name a table, and nothing else that SQL takes", () => {
    assert.throws(() => postgresState("postgres://db/state?table=a;drop"), /names the table "a;drop"/);
  });
});

describe("a state as the backend keeps it", () => {
  it("names its resources, and none where there never was an update", () => {
    const resource = { urn: "urn", type: "kubernetes:core/v1:Namespace" };
    assert.deepEqual(resourcesIn(JSON.stringify({ checkpoint: { latest: { resources: [resource] } } })), [resource]);
    assert.deepEqual(resourcesIn(JSON.stringify({ checkpoint: { latest: {} } })), []);
    assert.deepEqual(resourcesIn("{}"), []);
  });
});
