import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Forwards } from "../../../cli/forwards/index.ts";
import { runProgram } from "../../../cli/program.ts";
import { localPaths } from "../../../clusters/local-paths.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { kindMachine, SHOP } from "./kind-machine.ts";

describe("stacks that tests bring up beside theirs", () => {
  afterEach(() => new Forwards(localPaths(scratch().path)).stop());
  const scratch = useScratchFolder();
  const stateFile = (stack: string) => `.terrarium/state/.pulumi/stacks/terrarium/${stack}.json`;
  const isThere = (file: string) => existsSync(join(scratch().path, file));

  /** What `cleanup-dev --stack dev` asks Pulumi and kind for, where dev and other stacks are up. */
  const cleanUp = async (...others: string[]): Promise<string[]> => {
    const surroundings = kindMachine(scratch());
    assert.equal(await runProgram(["bootstrap-dev", "--stack", "dev"], surroundings), 0);
    const states = join(scratch().path, stateFile("$3"));
    scratch().program(
      "pulumi",
      `
case "$1 $2" in
  "stack rm") rm "${states}" ;;
  "stack export") echo '{"version":3,"deployment":{}}' ;;
  "destroy --yes") rm -f '${scratch().path}/up' ;;
esac`,
    );
    for (const stack of others) {
      scratch().file(`Pulumi.${stack}.yaml`, SHOP);
      scratch().file(stateFile(stack), "{}");
    }
    const before = scratch().calls().length;
    assert.equal(await runProgram(["cleanup-dev", "--stack", "dev"], surroundings), 0, surroundings.output.stderr);
    const wanted = /(kind delete cluster|pulumi destroy|pulumi stack rm \S+)/;
    return scratch()
      .calls()
      .slice(before)
      .flatMap((call) => wanted.exec(call)?.[1] ?? []);
  };

  it("leave with it: the cluster first, with all that runs in it, then what is recorded of them", async () => {
    assert.deepEqual(await cleanUp("dev-tests-a", "dev-tests-b"), [
      "kind delete cluster",
      ...["dev-tests-a", "dev-tests-b", "dev"].map((stack) => `pulumi stack rm ${stack}`),
    ]);
    assert.deepEqual([".terrarium", "Pulumi.dev-tests-a.yaml", "Pulumi.dev.yaml"].map(isThere), [false, false, true]);
  });

  it("leave one by one a cluster that another stack needs", async () => {
    assert.deepEqual(
      await cleanUp("dev-tests-a", "dev-testsuite"),
      ["dev-tests-a", "dev"].flatMap((stack) => ["pulumi destroy", `pulumi stack rm ${stack}`]),
    );
    const files = [stateFile("dev-testsuite"), "Pulumi.dev-testsuite.yaml", "Pulumi.dev-tests-a.yaml"];
    assert.deepEqual(files.map(isThere), [true, true, false]);
  });
});
