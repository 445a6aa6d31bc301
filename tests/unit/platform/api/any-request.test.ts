import assert from "node:assert/strict";
import fc from "fast-check";
import {
  diffSchema,
  environmentListSchema,
  environmentSchema,
  eventListSchema,
  logSchema,
  problemSchema,
} from "../../../../platform/api/schemas.ts";
import { openApiDocument } from "../../../../platform/api/openapi.ts";
import { ApiService, REPOSITORY } from "./api-service.ts";

const ANSWERS = [environmentSchema, environmentListSchema, eventListSchema, logSchema, diffSchema];

const path = fc.oneof(
  fc.constantFrom("", "/one", "/one/extend", "/one/sleep", "/one/wake", "/one/approve", "/one/diff", "/one/log"),
  fc.constantFrom("/one/events", "/gone", "/gone/sleep", "/ONE", "/..%2Fone", "/one/", "//", "/one/colour"),
  fc.string().map((name) => `/${encodeURIComponent(name)}`),
);
const query = fc.oneof(
  fc.constant(""),
  fc
    .dictionary(
      fc.constantFrom("limit", "continue", "labelSelector", "phase", "dryRun", "branch", "pullRequest", "other"),
      fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom("true", "Ready", "a=b", "b25l")),
    )
    .map((values) => `?${new URLSearchParams(values).toString()}`),
);
const spec = fc.record(
  {
    source: fc.oneof(fc.constant({ repository: REPOSITORY, branch: "main" }), fc.jsonValue()),
    ttl: fc.oneof(fc.constant("72h"), fc.jsonValue()),
    overrides: fc.oneof(fc.constant({ services: { web: { env: { A: "b" } } } }), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const manifest = fc.record({
  apiVersion: fc.constantFrom("terrarium.dev/v1alpha1", "v1"),
  kind: fc.constant("Environment"),
  metadata: fc.oneof(fc.record({ name: fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/) }), fc.jsonValue()),
  spec: fc.oneof(spec, fc.jsonValue()),
});
const body = fc.oneof(
  fc.constant(undefined),
  manifest,
  fc.jsonValue().filter((value) => typeof value !== "string"),
  fc.record({ by: fc.oneof(fc.constant("1h"), fc.string()) }),
  fc.record({ commit: fc.oneof(fc.constant("a".repeat(40)), fc.string()) }),
);

describe("any request to the REST API", () => {
  let service: ApiService;

  before(async () => {
    service = await ApiService.start(1_000_000);
    service.put(
      "one",
      {},
      { status: { diff: { create: 0, update: 0, replace: 0, delete: 0, same: 1, resources: [] } } },
    );
  });

  after(() => service.stop());

  it("is answered as the document says, and never with a failure of the service", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "POST", "DELETE", "PUT", "PATCH"),
        path,
        query,
        body,
        async (method, at, asked, sent) => {
          // One that is there stays: others are looked at as well.
          fc.pre(!(method === "DELETE" && at === "/one"));
          const carries = method === "GET" ? {} : { body: sent };
          const answer = await service.send(method, `/api/v1/environments${at}${asked}`, carries);
          assert.ok(answer.status < 500, `${answer.status} ${answer.text}`);
          if (answer.status === 204) assert.equal(answer.text, "");
          else if (answer.status >= 400) problemSchema.parse(answer.body);
          else
            assert.ok(
              ANSWERS.some((schema) => schema.safeParse(answer.body).success),
              answer.text,
            );
        },
      ),
      { numRuns: 300 },
    );
    assert.ok(!service.log.lines.some((line) => line.startsWith("error")), service.log.lines.join("\n"));
  });

  it("finds the document that it was made by", async () => {
    const { status, body: document } = await service.send("GET", "/api/v1/openapi.json", { as: "" });
    assert.equal(status, 200);
    assert.deepEqual(document, JSON.parse(JSON.stringify(openApiDocument())));
    assert.doesNotMatch(JSON.stringify(document), /\(\?<\w/, "patterns have no names of groups");
  });
});
