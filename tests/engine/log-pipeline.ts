import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { findFreePorts } from "../../clusters/free-ports.ts";
import type { Toolchain } from "../../clusters/toolchain/index.ts";
import { collectorConfig, POD_LOGS } from "../../components/observability/collector-config.ts";
import { lokiConfig } from "../../components/observability/loki.ts";
import { monitoredEnvironment } from "./monitored-environment.ts";

/** A line as Loki gives it back, with all that is known about it. */
export interface StoredLine {
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Milliseconds that something gets to happen. */
const PATIENCE_MS = 120_000;

/**
 * The way of log lines with the real programs: files as a kubelet writes them, the collector and Loki with the product's
 * configurations, whose folders and addresses are on this machine. It ends with {@link LogPipeline.stop}.
 */
export class LogPipeline {
  /** Bodies that the endpoint of traces got, by path. */
  readonly traces: { readonly path: string; readonly body: string }[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), "terrarium-logs-"));
  readonly #tools: Toolchain;
  readonly #tempo: Server;
  #ports: readonly number[] = [];
  #loki: ChildProcess | undefined;
  #collector: ChildProcess | undefined;

  constructor(tools: Toolchain) {
    this.#tools = tools;
    this.#tempo = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        this.traces.push({ path: incoming.url ?? "", body: Buffer.concat(chunks).toString("latin1") });
        outgoing.end();
      });
    });
  }

  /** Starts both programs. @param namespaces those whose logs are read. */
  async start(namespaces: readonly string[]): Promise<void> {
    this.#ports = await findFreePorts(this.#folder, 6);
    const [loki, grpc, health, metrics, otlp, tempo] = this.#ports;
    this.#tempo.listen(tempo, "127.0.0.1");
    const server = { http_listen_address: "127.0.0.1", http_listen_port: loki, grpc_listen_port: grpc };
    this.#write(
      "loki.yaml",
      lokiConfig(monitoredEnvironment().observability.loki).replaceAll(": /loki", `: ${this.#folder}/loki`),
      {
        server: { ...server, grpc_listen_address: "127.0.0.1", log_level: "error" },
      },
    );
    const text = collectorConfig({
      namespaces,
      lokiUrl: `http://127.0.0.1:${loki}`,
      stateFolder: join(this.#folder, "state"),
      tracesUrl: `http://127.0.0.1:${tempo}`,
    })
      .replaceAll(POD_LOGS, join(this.#folder, "pods"))
      .replaceAll(":13133", `127.0.0.1:${health}`)
      .replaceAll("0.0.0.0:4318", `127.0.0.1:${otlp}`)
      .replaceAll("host: 0.0.0.0", "host: 127.0.0.1")
      .replaceAll("port: 8888", `port: ${metrics}`);
    this.#write("collector.yaml", text, {});
    mkdirSync(join(this.#folder, "state"));
    mkdirSync(join(this.#folder, "pods"));
    this.#loki = this.#spawn("loki", [`-config.file=${this.#folder}/loki.yaml`]);
    await this.#answers(`http://127.0.0.1:${loki}/ready`);
    await this.startCollector();
  }

  async startCollector(): Promise<void> {
    this.#collector = this.#spawn("otelcol-contrib", [`--config=${this.#folder}/collector.yaml`]);
    await this.#answers(`http://127.0.0.1:${this.#ports[2]}/`);
  }

  /** Ends the collector without a warning. */
  async killCollector(): Promise<void> {
    await end(this.#collector, "SIGKILL");
  }

  /** Appends lines to a pod's log, as containerd writes them. */
  log(namespace: string, pod: string, lines: readonly string[]): void {
    const file = join(this.#folder, "pods", `${namespace}_${pod}_0b1c`, "web", "0.log");
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, lines.map((line) => entries(line)).join(""));
  }

  /** What Loki has of a namespace. */
  async stored(namespace: string): Promise<StoredLine[]> {
    const query = `{k8s_namespace_name="${namespace}"}`;
    const parameters = new URLSearchParams({ query, limit: "5000", direction: "forward", since: "1h" });
    const response = await fetch(`http://127.0.0.1:${this.#ports[0]}/loki/api/v1/query_range?${parameters.toString()}`);
    const { data } = (await response.json()) as {
      data: { result: { stream: Record<string, string>; values: [string, string][] }[] };
    };
    return data.result.flatMap(({ stream, values }) => values.map(([, text]) => ({ text, labels: stream })));
  }

  /** Names of the labels that Loki's index has. */
  async indexLabels(): Promise<string[]> {
    const response = await fetch(`http://127.0.0.1:${this.#ports[0]}/loki/api/v1/labels?since=1h`);
    return ((await response.json()) as { data: string[] }).data.toSorted();
  }

  /** Sends a span to the collector, as a service would. */
  async sendSpan(name: string): Promise<number> {
    const span = { traceId: "0".repeat(31) + "1", spanId: "0".repeat(15) + "1", name, kind: 1 };
    const { status } = await fetch(`http://127.0.0.1:${this.#ports[4]}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    });
    return status;
  }

  /** Ends everything and removes the folder. */
  async stop(): Promise<void> {
    await Promise.all([end(this.#collector, "SIGKILL"), end(this.#loki, "SIGKILL")]);
    this.#tempo.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #write(name: string, text: string, changes: object): void {
    writeFileSync(join(this.#folder, name), stringify({ ...(parse(text) as object), ...changes }));
  }

  #spawn(tool: string, args: readonly string[]): ChildProcess {
    return spawn(this.#tools.path(tool), args, { stdio: "ignore" });
  }

  async #answers(url: string): Promise<void> {
    await eventually(url, async () => {
      const response = await fetch(url).catch(() => undefined);
      return response?.ok ? true : undefined;
    });
  }
}

/** Asks again until there is an answer. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
    await delay(100);
  }
}

/** Bytes of a line that containerd writes as one entry. */
const ENTRY_BYTES = 16 << 10;

/** A line as entries of the container runtime's format; all but the last are marked as parts. */
function entries(line: string): string {
  const time = new Date().toISOString().replace("Z", "000000Z");
  const parts = line.match(new RegExp(`.{1,${ENTRY_BYTES}}`, "g")) ?? [""];
  return parts.map((part, index) => `${time} stdout ${index === parts.length - 1 ? "F" : "P"} ${part}\n`).join("");
}

async function end(process: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (process?.exitCode !== null || process.signalCode !== null) return;
  const ended = once(process, "exit");
  process.kill(signal);
  await ended;
}
