import { isIPv6 } from "node:net";

/** What a probe found. */
export type Finding =
  /** The connection came about. */
  | "open"
  /** Nothing came back: the packets were dropped. */
  | "closed"
  /** The other side, or something on the way, said no. */
  | "refused"
  /** The probe did not get as far as trying, or failed in another way. */
  | "error";

/** One connection to try from inside a pod. */
export interface Probe {
  readonly how: "http" | "tcp" | "dns";
  /** Address or name; undefined: the pod's own DNS server. */
  readonly host: string | undefined;
  readonly port: number;
}

/** What came of a probe. */
export interface ProbeResult {
  readonly got: Finding;
  /** What the program said, where that explains more. */
  readonly detail?: string;
}

/** Seconds after which a connection that did not come about counts as closed. */
const PROBE_TIMEOUT_SECONDS = 5;
/** Seconds for a probe with everything around it: looking up a name that nobody answers takes longer than connecting. */
const PROBE_LIMIT_SECONDS = 8;
/** Probes of one canary at a time: each is a process in its memory limit. */
const PARALLEL = 32;

/** Milliseconds that a script of so many probes may take. */
export function probeLimitMs(probes: number): number {
  return Math.max(1, Math.ceil(probes / PARALLEL)) * PROBE_LIMIT_SECONDS * 1000 + 20_000;
}

/**
 * A shell script for busybox that tries all probes at once and prints one line for each.
 *
 * `nc` runs a program as soon as it is connected: so it says nothing to servers that would complain about it, and does
 * not wait for them. Busybox has no `nc -z`.
 */
export function probeScript(probes: readonly Probe[]): string {
  const lines = probes.map(({ how, host, port }, index) => {
    const wait = (index + 1) % PARALLEL === 0 ? "\nwait" : "";
    return `probe ${index} ${how} ${host === undefined ? '"$resolver"' : quote(host)} ${port} </dev/null &${wait}`;
  });
  return `set -f
resolver=$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)
probe() {
  case $3 in *:*) inUrl="[$3]" ;; *) inUrl=$3 ;; esac
  case $2 in
    http) said=$(timeout ${PROBE_LIMIT_SECONDS} wget --spider -T ${PROBE_TIMEOUT_SECONDS} "http://$inUrl:$4/" 2>&1) ;;
    tcp) said=$(timeout ${PROBE_LIMIT_SECONDS} nc -w ${PROBE_TIMEOUT_SECONDS} "$3" "$4" -e true 2>&1) ;;
    dns) said=$(timeout ${PROBE_TIMEOUT_SECONDS} nslookup -type=a kubernetes.default.svc.cluster.local. "$3" 2>&1) ;;
  esac
  echo "probe $1 $? $(echo $said)"
}
${lines.join("\n")}
wait
`;
}

/** Reads what {@link probeScript} printed. A probe without a line, of a script that was cut short, is an error. */
export function parseProbes(probes: readonly Probe[], stdout: string): ProbeResult[] {
  const lines = new Map<number, { code: number; said: string }>();
  for (const match of stdout.matchAll(/^probe (\d+) (\d+) ?(.*)$/gm)) {
    lines.set(Number(match[1]), { code: Number(match[2]), said: match[3] ?? "" });
  }
  return probes.map(({ how }, index) => {
    const line = lines.get(index);
    if (line === undefined) return { got: "error", detail: "the canary gave no result" };
    return how === "dns" ? classifyDns(line) : classifyTcp(line);
  });
}

interface Line {
  readonly code: number;
  readonly said: string;
}

function classifyTcp({ code, said }: Line): ProbeResult {
  if (code === 0) return { got: "open" };
  // A server that answers with an error, or breaks off, has been reached all the same.
  if (/server returned error|error getting response|bad response|short read|bad header/i.test(said))
    return { got: "open" };
  if (/connection refused|no route to host|not permitted|prohibited/i.test(said)) return { got: "refused" };
  if (/timed out/i.test(said)) return { got: "closed" };
  return { got: "error", detail: said === "" ? `exit code ${code}` : lastSentence(said) };
}

/** Any answer will do, also that there is no such name. Without one, nslookup is stopped while it still waits. */
function classifyDns({ code, said }: Line): ProbeResult {
  if (/connection refused/i.test(said)) return { got: "refused" };
  if (code === 0 || /NXDOMAIN|can't find|SERVFAIL|REFUSED|Name:/.test(said)) return { got: "open" };
  if (/timed out/i.test(said) || /^(Terminated)?$/.test(said)) return { got: "closed" };
  return { got: "error", detail: lastSentence(said) };
}

function lastSentence(said: string): string {
  return said.replace(/^Connecting to \S+ \(\S+\) /, "").slice(-200);
}

/**
 * A shell script for busybox that listens on TCP ports and then proves it by asking each port through the pod's own
 * address: a connection that is closed later is not closed because nobody listens.
 *
 * @param ip the pod's address.
 */
export function listenScript(ports: readonly number[], ip: string): string {
  const host = isIPv6(ip) ? `[${ip}]` : ip;
  // /etc is there whatever the image is made of; a page that is missing is an answer too.
  return ports
    .map(
      (
        port,
      ) => `httpd -p ${port} -h /etc </dev/null >/dev/null 2>&1 || { echo "port ${port} cannot be listened on" >&2; exit 1; }
case $(wget --spider -T ${PROBE_TIMEOUT_SECONDS} http://${host}:${port}/ 2>&1) in
  *HTTP/1* | *exists*) ;;
  *) echo "nobody answers on port ${port}" >&2; exit 1 ;;
esac
`,
    )
    .join("");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
