import assert from "node:assert/strict";
import { parseProbes, type Probe, probeLimitMs, probeScript } from "../../../netcheck/probe.ts";

const TCP: Probe = { how: "tcp", host: "10.0.0.1", port: 5432 };
const DNS: Probe = { how: "dns", host: undefined, port: 53 };

const got = (probe: Probe, code: number, said: string) => parseProbes([probe], `probe 0 ${code} ${said}\n`)[0];

describe("A probe", () => {
  // What busybox 1.36 and 1.37 print, gathered from connections that were open, dropped, refused and rejected.
  for (const [code, said, finding] of [
    [0, "", "open"],
    [0, "Connecting to web:80 (10.0.0.1:80) remote file exists", "open"],
    [1, "Connecting to 10.0.0.1:80 (10.0.0.1:80) wget: server returned error: HTTP/1.1 404 Not Found", "open"],
    [1, "Connecting to 10.0.0.1:80 (10.0.0.1:80) wget: error getting response", "open"],
    [1, "Connecting to 10.0.0.1:80 (10.0.0.1:80) wget: download timed out", "closed"],
    [1, "nc: timed out", "closed"],
    [1, "wget: can't connect to remote host (10.0.0.1): Connection refused", "refused"],
    [1, "nc: can't connect to remote host (10.0.0.1): Connection refused", "refused"],
    [1, "nc: can't connect to remote host (10.0.0.1): No route to host", "refused"],
    [1, "wget: can't connect to remote host (10.0.0.1): Network is unreachable", "error"],
    [1, "wget: bad address 'web:80'", "error"],
    [143, "", "error"],
    [127, "sh: wget: not found", "error"],
  ] as const) {
    it(`is ${finding} when the program ends with ${code} and says: ${said || "nothing"}`, () => {
      assert.equal(got(TCP, code, said)?.got, finding);
    });
  }

  for (const [code, said, finding] of [
    [0, "Server: 10.96.0.10 Address: 10.96.0.10:53 Name: kubernetes.default.svc.cluster.local", "open"],
    [1, "Server: 10.96.0.10 ** server can't find kubernetes.default.svc.cluster.local.: NXDOMAIN", "open"],
    [143, "", "closed"],
    [143, "Terminated", "closed"],
    [1, ";; connection timed out; no servers could be reached", "closed"],
    [143, "nslookup: read: Connection refused nslookup: read: Connection refused", "refused"],
    [127, "sh: nslookup: not found", "error"],
  ] as const) {
    it(`of DNS is ${finding} when the program ends with ${code} and says: ${said || "nothing"}`, () => {
      assert.equal(got(DNS, code, said)?.got, finding);
    });
  }

  it("says what went wrong, without what is known anyway", () => {
    const said = "Connecting to web:80 (10.0.0.1:80) wget: something new";
    assert.deepEqual(got(TCP, 1, said), { got: "error", detail: "wget: something new" });
    assert.deepEqual(got(TCP, 143, ""), { got: "error", detail: "exit code 143" });
  });

  it("that gave no line is an error, whatever the others gave and in which order", () => {
    assert.deepEqual(
      parseProbes([TCP, TCP, TCP], "noise\nprobe 2 1 nc: timed out\nprobe 0 0\n").map((result) => result.got),
      ["open", "error", "closed"],
    );
    assert.deepEqual(parseProbes([TCP], "", "unable to upgrade connection"), [
      { got: "error", detail: "unable to upgrade connection" },
    ]);
  });

  it("is one of a batch that runs at once, and the limit grows with the batches", () => {
    const script = probeScript(Array.from({ length: 200 }, () => TCP));
    assert.equal(script.match(/^probe \d+ .*&$/gm)?.length, 200);
    assert.equal(script.match(/^wait$/gm)?.length, 7);
    assert.ok(probeLimitMs(200) > probeLimitMs(90));
  });

  it("can't be led astray by a host's name", () => {
    assert.match(probeScript([{ ...TCP, host: "a'; reboot; '" }]), /^probe 0 tcp 'a'\\''; reboot; '\\''' 5432 /m);
  });

  it("asks the pod's own DNS server where none is named", () => {
    assert.match(probeScript([DNS]), /^probe 0 dns "\$resolver" 53 /m);
  });
});
