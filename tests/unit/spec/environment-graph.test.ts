import assert from "node:assert/strict";
import fc from "fast-check";
import { drawEnvironment, drawEnvironmentInPage } from "../../../spec/environment-graph.ts";
import { resolveEnvironment } from "../../../spec/index.ts";
import { layOut } from "../../../spec/layered-layout.ts";

describe("layOut", () => {
  it("leads every edge to the right", () => {
    const { nodes } = layOut(
      ["a", "b", "c"],
      [
        { from: "a", to: "b" },
        { from: "b", to: "c" },
        { from: "a", to: "c" },
      ],
    );
    assert.deepEqual(
      ["a", "b", "c"].map((name) => nodes.get(name)?.column),
      [0, 1, 2],
    );
  });

  it("gives an edge over several columns a place of its own in each", () => {
    const { nodes, paths } = layOut(
      ["a", "b", "c"],
      [
        { from: "a", to: "b" },
        { from: "b", to: "c" },
        { from: "a", to: "c" },
      ],
    );
    const path = paths.get("a c") ?? [];
    assert.equal(path.length, 3);
    assert.notEqual(path[1]?.row, nodes.get("b")?.row);
  });

  it("puts a node that nothing leads to directly before its first target", () => {
    const { nodes } = layOut(
      ["a", "b", "c", "late"],
      [
        { from: "a", to: "b" },
        { from: "b", to: "c" },
        { from: "late", to: "c" },
      ],
    );
    assert.equal(nodes.get("late")?.column, 1);
  });

  it("lets the edge that closes a cycle lead back", () => {
    const { nodes, paths } = layOut(
      ["a", "b", "c"],
      [
        { from: "a", to: "b" },
        { from: "b", to: "c" },
        { from: "c", to: "a" },
      ],
    );
    assert.deepEqual(
      ["a", "b", "c"].map((name) => nodes.get(name)?.column),
      [0, 1, 2],
    );
    assert.equal(paths.get("c a")?.length, 2);
  });

  it("ends for any graph", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
    const graph = fc.uniqueArray(fc.record({ from: name, to: name }), { selector: ({ from, to }) => `${from} ${to}` });
    fc.assert(
      fc.property(graph, (edges) => {
        const { nodes, columns } = layOut(["a", "b", "c", "d", "e", "f"], edges);
        for (const { column } of nodes.values()) assert.ok(column >= 0 && column < columns);
      }),
    );
  });
});

describe("drawEnvironment", () => {
  const environment = resolveEnvironment({
    name: "shop-dev",
    application: "shop",
    tier: "staging",
    services: {
      "shop-mf": { image: "shop:1.0.0", calls: ["shop-backend"], expose: {} },
      "shop-backend": { image: "shop:1.0.0", calls: ["postgres"] },
    },
    dataStores: { postgres: { engine: "postgres" } },
  });
  const drawing = drawEnvironment(environment);

  it("names every part", () => {
    for (const name of [
      "ingress",
      "shop-mf",
      "shop-backend",
      "postgres",
      "postgres-backup",
      "prometheus",
      "loki",
      "grafana",
      "log-collector",
    ]) {
      assert.ok(drawing.includes(`>${name}</text>`), name);
    }
  });

  it("draws an arrow for every declared connection but those of Prometheus, which are written on the parts", () => {
    // ingress → mf → backend → postgres ← backup; grafana → prometheus, loki; collector → loki
    assert.equal(drawing.match(/class="arrow"/g)?.length, 7);
    assert.ok(drawing.includes(">metrics :8080</text>"));
  });

  it("is the same in a page, without styles of its own", () => {
    const inPage = drawEnvironmentInPage(environment);
    assert.equal(inPage.match(/class="arrow"/g)?.length, 7);
    assert.doesNotMatch(inPage, /<style|style=/);
  });

  it("has no line where there is no observability", () => {
    const bare = resolveEnvironment({
      name: "shop-dev",
      application: "shop",
      tier: "dev",
      services: { web: { image: "shop:1" } },
      observability: { enabled: false },
    });
    assert.doesNotMatch(drawEnvironmentInPage(bare), /class="divider"/);
  });

  it("has colours for light and dark", () => {
    assert.ok(drawing.includes("prefers-color-scheme: dark"));
  });
});
