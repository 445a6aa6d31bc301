import assert from "node:assert/strict";
import { stringify } from "yaml";
import { runCommand } from "../../clusters/run-command.ts";
import type { Stage } from "../../gitops/stages.ts";
import { sharedCheckout } from "./fixtures.ts";
import { BUILD_TIMEOUT_MS, GitOpsExport } from "./gitops-export.ts";
import { asWritten, type Manifest, nameOf } from "./manifest-lists.ts";

const STACK = "moving";

/** How Flux applies: on the server, in its own name, and whoever had a field before loses it. */
const AS_FLUX = ["apply", "--server-side", "--field-manager", "kustomize-controller", "--force-conflicts"];

describe("an environment that moves between `up` and GitOps", function () {
  this.timeout(600_000);
  let exported: GitOpsExport;
  /** What `up` made, as the API server had it. */
  let byUp: unknown[];
  /** Identity and generation of every object since it was made last. */
  let made: Map<string, string>;

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    sharedCheckout().writeStack(STACK, "dev", () => undefined);
    exported = await GitOpsExport.create("gitops-moving", ["flux"]);
    await sharedCheckout().must(["up", "--stack", STACK]);
    await exported.write([STACK], ["--cluster-facts"]);
    byUp = asWritten(await live());
    made = await identities();
  });

  /** Runs kubectl on manifests. @returns its standard output. */
  async function kubectl(args: readonly string[], manifests: readonly Manifest[]): Promise<string> {
    const input = manifests.map((manifest) => stringify(manifest)).join("---\n");
    const env = await sharedCheckout().environment();
    const result = await runCommand(exported.tools.path("kubectl"), [...args, "-f", "-"], { env, input });
    assert.equal(result.code, 0, result.stderr);
    return result.stdout;
  }

  /** The objects of the export, as the API server has them. */
  async function live(): Promise<Manifest[]> {
    const all = await exported.build(`overlays/${STACK}`);
    const names = all.map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }));
    const { items } = JSON.parse(await kubectl(["get", "-o", "json"], names)) as { items: Manifest[] };
    assert.equal(items.length, names.length);
    return items;
  }

  /** A Deployment's generation is no measure: it counts changes of annotations, of which Pulumi has its own. */
  const identities = async (): Promise<Map<string, string>> =>
    new Map((await live()).map((object) => [nameOf(object), `${object.metadata.uid} ${JSON.stringify(object.spec)}`]));

  /** Applies the export stage by stage, as Flux does. */
  async function apply(toManifests: (stage: Stage) => Promise<Manifest[]>): Promise<void> {
    for (const stage of exported.stagesOf(STACK)) await kubectl(AS_FLUX, await toManifests(stage));
  }

  const byKustomize = (stage: Stage) => exported.decrypted(`overlays/${STACK}/${stage}`);

  /** Flux's controller applies namespaces first, and decrypts; a dry run of its command line does neither. */
  async function byFlux(stage: Stage): Promise<Manifest[]> {
    const secrets = (await byKustomize(stage)).filter(({ kind }) => kind === "Secret");
    const built = await exported.builtByFlux(STACK, stage);
    const namespaces = built.filter(({ kind }) => kind === "Namespace");
    return [...namespaces, ...built.filter(({ kind }) => !["Namespace", "Secret"].includes(kind)), ...secrets];
  }

  const removeAll = async () => kubectl(["delete", "--ignore-not-found"], await exported.build(`overlays/${STACK}`));

  it("has the objects that `up` made after its export was applied over them, and none of them anew", async () => {
    assert.ok(byUp.length > 70, `only ${byUp.length} objects`);
    await apply(byKustomize);
    assert.deepEqual(await identities(), made);
    assert.deepEqual(asWritten(await live()), byUp);
  });

  it("is given away by `handover`, which touches nothing and keeps the generated values", async () => {
    const before = exported.digest();
    await sharedCheckout().must(["handover", "--stack", STACK]);
    assert.deepEqual(await identities(), made);
    assert.match((await exported.write([STACK], ["--cluster-facts"])).stderr, /: 0 files written, 0 removed/);
    assert.equal(exported.digest(), before);
  });

  it("cannot be given away twice", async () => {
    const { code, stderr } = await sharedCheckout().terrarium(["handover", "--stack", STACK]);
    assert.equal(code, 2);
    assert.match(stderr, /moving has no objects in a cluster/);
  });

  for (const [tool, toManifests] of [
    ["kustomize", byKustomize],
    ["Flux", byFlux],
  ] as const) {
    it(`has the objects that \`up\` made where what ${tool} builds is applied to an empty cluster`, async () => {
      await removeAll();
      await apply(toManifests);
      assert.deepEqual(asWritten(await live()), byUp);
      const anew = await identities();
      assert.ok([...anew].every(([name, identity]) => made.get(name)?.split(" ")[0] !== identity.split(" ")[0]));
      made = anew;
    });
  }

  it("is taken over by `up`, which makes nothing anew", async () => {
    await sharedCheckout().must(["up", "--stack", STACK]);
    assert.deepEqual(await identities(), made);
    assert.deepEqual(asWritten(await live()), byUp);
  });

  it("is given away and applied again without a change, and taken over again", async () => {
    await sharedCheckout().must(["handover", "--stack", STACK]);
    await apply(byFlux);
    assert.deepEqual(await identities(), made);
    await sharedCheckout().must(["up", "--stack", STACK]);
    assert.deepEqual(await identities(), made);
  });

  it("goes with `down`, wherever its objects came from", async () => {
    await sharedCheckout().must(["down", "--stack", STACK, "--delete-data"]);
    const { items } = await sharedCheckout().kubectl<{ items: Manifest[] }>(["get", "namespaces"]);
    assert.deepEqual(
      items.filter(({ metadata }) => metadata.name.startsWith("guestbook-moving")),
      [],
    );
  });
});
