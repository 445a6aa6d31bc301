import assert from "node:assert/strict";
import { Environment, toCanonicalForm } from "../../../../components/index.ts";
import { createProgram } from "../../../../platform/runner/program.ts";
import { SecretValues } from "../../../../platform/runner/secret-values.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";
import { guestbookSpec } from "../../components/guestbook.ts";
import { record, type Recording } from "../../mocks.ts";
import { destroyTask } from "./destroy-task.ts";

describe("the program of a preview environment", () => {
  const scratch = useScratchFolder();
  const objectsOf = (recording: Recording): Record<string, object> =>
    Object.fromEntries(
      recording
        .objects()
        .map(({ object }) => [`${object.kind} ${object.metadata.namespace}/${object.metadata.name}`, object]),
    );

  it("makes the very objects of a stack of the same description, and labels its namespaces", async () => {
    const description = guestbookSpec("dev");
    const task = destroyTask(scratch());
    const request = { ...task.request, kind: "apply", stack: description.name, namespace: "preview-pr-7" } as const;
    const values = { values: {}, secrets: new SecretValues() };
    const program = createProgram({ ...task, request }, description, values);
    const preview = objectsOf((await record(program.run)).recording);
    assert.equal(program.invalid(), undefined);

    const args = { spec: description, facts: task.facts, transform: toCanonicalForm };
    const stack = objectsOf((await record(() => new Environment(description.name, args))).recording);
    const labels = { "terrarium.dev/environment": "pr-7", "terrarium.dev/platform": "terrarium" };
    const labelled = Object.entries(stack).map(([name, object]) => {
      if (!name.startsWith("Namespace ")) return [name, object];
      const { metadata, ...rest } = object as { metadata: { labels: object } };
      return [name, { ...rest, metadata: { ...metadata, labels: { ...metadata.labels, ...labels } } }];
    });
    assert.ok(labelled.length > 60, String(labelled.length));
    assert.deepEqual(preview, Object.fromEntries(labelled));
  });
});
