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
export const PROBE_TIMEOUT_SECONDS = 5;
/** Seconds for a probe of a name: looking up one that nobody answers takes longer than connecting. */
const PROBE_LIMIT_SECONDS = 8;
/**
 * Probes of one canary at a time: each is a process or two in its memory limit, and all canaries may share a node of two cores with
 * what they stand for.
 */
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
 *
 * @param timeoutSeconds after which a connection that did not come about counts as closed.
 */
export function probeScript(probes: readonly Probe[], timeoutSeconds = PROBE_TIMEOUT_SECONDS): string {
  const lines = probes.map(({ how, host, port }, index) => {
    const wait = (index + 1) % PARALLEL === 0 ? "\nwait" : "";
    return `probe ${index} ${how} ${host === undefined ? '"$resolver"' : quote(host)} ${port} </dev/null &${wait}`;
  });
  return `set -f
resolver=$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)
probe() {
  # Neither program limits how long it looks up a name.
  limit= inUrl=$3
  case $3 in *:*) inUrl="[$3]" ;; *[a-z]*) limit="timeout ${PROBE_LIMIT_SECONDS}" ;; esac
  case $2 in
    http) said=$($limit wget --spider -T ${timeoutSeconds} "http://$inUrl:$4/" 2>&1) ;;
    tcp) said=$($limit nc -w ${timeoutSeconds} "$3" "$4" -e true 2>&1) ;;
    dns) said=$(timeout ${timeoutSeconds} nslookup -type=a kubernetes.default.svc.cluster.local. "$3" 2>&1) ;;
  esac
  echo "probe $1 $?" $said
}
${lines.join("\n")}
wait
`;
}

/**
 * Reads what {@link probeScript} printed. A probe without a line, of a script that was cut short, is an error.
 *
 * @param failure what explains such an error. @default that there is no result
 */
export function parseProbes(probes: readonly Probe[], stdout: string, failure = ""): ProbeResult[] {
  const lines = new Map<number, { code: number; said: string }>();
  for (const match of stdout.matchAll(/^probe (\d+) (\d+) ?(.*)$/gm)) {
    lines.set(Number(match[1]), { code: Number(match[2]), said: match[3] ?? "" });
  }
  return probes.map(({ how }, index) => {
    const line = lines.get(index);
    if (line === undefined) return { got: "error", detail: failure || "the canary gave no result" };
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

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
