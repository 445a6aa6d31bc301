import assert from "node:assert/strict";
import fc from "fast-check";
import { IMAGES, isPinned, parseImage } from "../../../spec/index.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("Image references", () => {
  const valid: [string, string, string | undefined, string | undefined, boolean][] = [
    ["redis", "redis", undefined, undefined, false],
    ["redis:latest", "redis", "latest", undefined, false],
    ["redis:7.4.9", "redis", "7.4.9", undefined, true],
    ["library/redis:7", "library/redis", "7", undefined, true],
    ["ghcr.io/acme/api:1.4.2", "ghcr.io/acme/api", "1.4.2", undefined, true],
    ["localhost:5000/api", "localhost:5000/api", undefined, undefined, false],
    ["localhost:5000/api:dev", "localhost:5000/api", "dev", undefined, true],
    [`api@${DIGEST}`, "api", undefined, DIGEST, true],
    [`api:latest@${DIGEST}`, "api", "latest", DIGEST, true],
    ["a/b__c/d-e.f:V_1", "a/b__c/d-e.f", "V_1", undefined, true],
  ];
  for (const [image, repository, tag, digest, pinned] of valid) {
    it(`are split into repository, tag and digest: ${image.slice(0, 30)}`, () => {
      assert.deepEqual(parseImage(image), { repository, tag, digest });
      assert.equal(isPinned(image), pinned);
    });
  }

  for (const image of [
    "",
    ":1",
    "api:",
    "api@sha256:abc",
    "API",
    "api:1:2",
    "a//b",
    "api :1",
    "https://ghcr.io/a/b:1",
    "api:.1",
  ]) {
    it(`are refused when malformed: "${image}"`, () => {
      assert.equal(parseImage(image), undefined);
      assert.equal(isPinned(image), false);
    });
  }

  it("keep the tag that they are composed of", () => {
    const tags = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, { size: "max" });
    fc.assert(fc.property(tags, (tag) => parseImage(`registry.example.com:5000/team/api:${tag}`)?.tag === tag));
  });

  it("of the third-party images are all pinned", () => {
    for (const { image } of Object.values(IMAGES)) assert.ok(isPinned(image), image);
  });
});
