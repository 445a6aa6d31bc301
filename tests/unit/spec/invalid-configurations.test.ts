import assert from "node:assert/strict";
import { refusal, type Refusal } from "./environments.ts";
import { dataStores } from "./refusals/data-stores.ts";
import { images } from "./refusals/images.ts";
import { names } from "./refusals/names.ts";
import { networks } from "./refusals/networks.ts";
import { pods } from "./refusals/pods.ts";
import { quantities } from "./refusals/quantities.ts";
import { references } from "./refusals/references.ts";
import { scale } from "./refusals/scale.ts";
import { secrets } from "./refusals/secrets.ts";
import { shape } from "./refusals/shape.ts";
import { sources } from "./refusals/sources.ts";
import { unknownKeys } from "./refusals/unknown-keys.ts";
import { variables } from "./refusals/variables.ts";

const sections: Readonly<Record<string, readonly Refusal[]>> = {
  "the wrong shape": shape,
  "unknown keys": unknownKeys,
  "wrong names": names,
  "dangling references": references,
  "wrong quantities": quantities,
  "wrong ports and addresses": networks,
  "wrong numbers of pods": scale,
  "wrong images": images,
  "wrong variables": variables,
  "wrong secrets": secrets,
  "wrong data stores and migrations": dataStores,
  "wrong pods": pods,
  "wrong sources and egress": sources,
};

describe("A configuration is refused for", () => {
  for (const [section, refusals] of Object.entries(sections)) {
    describe(section, () => {
      for (const { what, input, error, secretKeys } of refusals) {
        it(`${what}, and the error says where, what and what is allowed`, () => {
          assert.deepEqual(refusal(input, secretKeys), error);
        });
      }
    });
  }

  it("wrong secrets without ever repeating the value", () => {
    for (const { what, input, secretKeys } of secrets) {
      assert.ok(!refusal(input, secretKeys).join("\n").includes("hunter2"), what);
    }
  });
});
