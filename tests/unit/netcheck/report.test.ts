import assert from "node:assert/strict";
import { formatNetworkReport } from "../../../cli/network-report.ts";
import type { CheckResult, NetworkReport } from "../../../netcheck/check-network.ts";
import type { Side } from "../../../netcheck/matrix-reasons.ts";

describe("The report of a network check", () => {
  const result = (from: string, port: number, side: Side | "both", got: CheckResult["got"], expected = "closed") =>
    ({
      ...{ from, to: "api", target: { kind: "canary", role: "api" }, port, protocol: "TCP", side, got },
      ...(expected === "closed" ? { expected, why: "not declared" } : { expected, why: "declared" }),
    }) as CheckResult;
  const report = (...checks: CheckResult[]): NetworkReport => {
    const unchecked = [{ from: "namespace x", to: "every part", why: "there is none" }];
    return { environment: "shop-dev", enforced: true, checks, unchecked };
  };
  const rows = (...checks: CheckResult[]): string[] =>
    formatNetworkReport({ ...report(...checks), unchecked: [] }, "table", false)
      .split("\n")
      .slice(1, -3);

  it("is a table that explains each difference, and ends with a summary", () => {
    const failed = { ...result("job", 8080, "both", "error"), detail: "no result" };
    assert.equal(
      formatNetworkReport(
        report(result("web", 8080, "both", "closed"), result("worker", 8080, "both", "open"), failed),
        "table",
        false,
      ),
      `FROM    TO   PORT      EXPECTED  GOT
web     api  8080/TCP  closed    closed
worker  api  8080/TCP  closed    open (not declared)
job     api  8080/TCP  closed    error (not declared, no result)

not checked: namespace x to every part: there is none
3 checks: 2 differ
`,
    );
  });

  it("has one row for both sides of a connection, which is open where both are", () => {
    const sides = (egress: CheckResult["got"], ingress: CheckResult["got"], expected: string) =>
      rows(result("web", 8080, "egress", egress, expected), result("web", 8080, "ingress", ingress, expected));
    assert.deepEqual(
      [
        ...sides("open", "open", "open"),
        ...sides("closed", "closed", "closed"),
        ...sides("closed", "open", "closed"),
        ...sides("closed", "open", "open"),
        ...sides("open", "open", "closed"),
      ],
      [
        "web   api  8080/TCP  open      open",
        "web   api  8080/TCP  closed    closed",
        "web   api  8080/TCP  closed    closed (ingress of api is open, not declared)",
        "web   api  8080/TCP  open      closed (egress of web is closed, declared)",
        "web   api  8080/TCP  closed    open (egress of web is open, not declared; ingress of api is open, not declared)",
      ],
    );
  });

  it("has one row for ports of which all is the same", () => {
    const closed = [7777, 8080, 9000].map((port) => result("web", port, "egress", port === 9000 ? "open" : "closed"));
    assert.deepEqual(rows(...closed), [
      "web   api  7777 8080/TCP  closed    closed",
      "web   api  9000/TCP       closed    open (egress of web is open, not declared)",
    ]);
  });

  it("is only the differences when asked, and only the summary when there are none", () => {
    const [good, bad] = [result("web", 8080, "both", "closed"), result("worker", 8080, "both", "open")];
    assert.doesNotMatch(formatNetworkReport(report(good, bad), "table", true), /^web/m);
    assert.equal(formatNetworkReport({ ...report(good), unchecked: [] }, "table", true), "1 checks: 1 as declared\n");
  });

  it("shows of a connection that differs both sides, also when only differences are asked for", () => {
    const connection = [result("web", 8080, "egress", "closed"), result("web", 8080, "ingress", "open")];
    assert.match(formatNetworkReport(report(...connection), "table", true), /^web +api +8080\/TCP +closed +closed \(/m);
  });

  it("is for programs in JSON and YAML", () => {
    const [good, bad] = [result("web", 8080, "both", "closed"), result("worker", 8080, "both", "open")];
    assert.match(formatNetworkReport(report(good, bad), "yaml", true), /^summary:\n {2}total: 2\n {2}asDeclared: 1$/m);
    assert.partialDeepStrictEqual(JSON.parse(formatNetworkReport(report(good, bad), "json", false)), report(good, bad));
  });
});
