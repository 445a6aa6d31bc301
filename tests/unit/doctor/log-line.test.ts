import assert from "node:assert/strict";
import fc from "fast-check";
import { wordsOf } from "../../../doctor/log-line.ts";

describe("the words of a log's line", () => {
  const lines: readonly [string, string][] = [
    ["Error: no PORT", "Error: no PORT"],
    ['{"level":50,"msg":"can\'t start","err":{"message":"no PORT","stack":"at 1"}}', "can't start: no PORT"],
    ['{"level":"error","msg":"no PORT","err":{"message":"no PORT"}}', "no PORT"],
    ['{"severity":"ERROR","message":"refused","error":"no route"}', "refused: no route"],
    ['{"level":"error","code":7}', '{"level":"error","code":7}'],
    ['{"msg":"cut off', '{"msg":"cut off'],
    ['{"password":***,"msg":"x"}', '{"password":***,"msg":"x"}'],
    ['["msg"]', '["msg"]'],
  ];
  for (const [line, words] of lines) {
    it(`of ${line} are ${words}`, () => {
      assert.equal(wordsOf(line), words);
    });
  }

  it("are a text, whatever a program writes", () => {
    const entry = fc.dictionary(fc.constantFrom("msg", "message", "err", "error", "level"), fc.jsonValue());
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          entry.map((value) => JSON.stringify(value)),
        ),
        (line) => {
          assert.equal(typeof wordsOf(line), "string");
          assert.ok(line === "" || wordsOf(line) !== "");
        },
      ),
    );
  });
});
