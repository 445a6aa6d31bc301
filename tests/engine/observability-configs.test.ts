import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createProgress, defaultCacheDir, ensureToolchain, type Toolchain } from "../../clusters/toolchain/index.ts";
import { alertmanagerConfig } from "../../components/observability/alertmanager-config.ts";
import { collectorConfig } from "../../components/observability/collector-config.ts";
import { lokiConfig } from "../../components/observability/loki.ts";
import { prometheusArgs, prometheusFiles } from "../../components/observability/prometheus-config.ts";
import { RECEIVER_KINDS } from "../../spec/alertmanager.ts";
import {
  resolveEnvironment,
  TIERS,
  type EnvironmentSpec,
  type ResolvedEnvironment,
  type ResolvedObservability,
  type Tier,
} from "../../spec/index.ts";
import { run } from "./checkout.ts";

/** Where the tools must be built first, as on a new machine. */
const BUILD_TIMEOUT_MS = 1_200_000;

const receivers = (kind: (typeof RECEIVER_KINDS)[number]) => {
  const receiver = { kind, secret: { config: "key" } };
  return { critical: receiver, warning: receiver, previews: receiver };
};
const TRACES = { endpoint: "http://tempo.tracing.svc:4318", egress: [{ cidr: "10.0.0.0/8", ports: [4318] }] };

const on = { enabled: true };
const EXPORTERS = { kubeState: on, node: on, postgres: on, redis: on };

/** What of observability is switched on beyond what a tier has. */
const VARIANTS: Readonly<Record<string, EnvironmentSpec["observability"]>> = {
  "nothing more": {},
  previews: { previews: true },
  "Felix's metrics": { felix: { nodes: "172.18.0.0/16" } },
  traces: { collector: { traces: TRACES } },
  "all exporters": { exporters: EXPORTERS },
  "an Alertmanager without receivers": { alertmanager: { enabled: true } },
  ...Object.fromEntries(
    RECEIVER_KINDS.map((kind) => [
      `receivers of kind ${kind}`,
      { alertmanager: { enabled: true, receivers: receivers(kind) } },
    ]),
  ),
  everything: {
    previews: true,
    felix: { nodes: "172.18.0.0/16", port: 9092 },
    exporters: EXPORTERS,
    collector: { traces: TRACES },
    alertmanager: { enabled: true, receivers: receivers("webhook") },
  },
};

describe("the configurations of observability, by the programs that read them", () => {
  let tools: Toolchain;
  let folder: string;

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    tools = await ensureToolchain(["prometheus", "alertmanager", "loki", "otelcol"], {
      cacheDir: defaultCacheDir(process.env, process.platform, homedir()),
      progress: createProgress(process.stderr),
      env: process.env,
    });
    folder = mkdtempSync(join(tmpdir(), "terrarium-configs-"));
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  for (const tier of TIERS) {
    for (const [title, observability] of Object.entries(VARIANTS)) {
      it(`are valid in tier ${tier} with ${title}`, async () => {
        const place = mkdtempSync(join(folder, "variant-"));
        writeConfigurations(place, tier, observability);
        await Promise.all([
          accepts("promtool", ["check", "config", "prometheus.yml"], place),
          accepts("amtool", ["check-config", "alertmanager.yml"], place),
          accepts("loki", ["-config.file=loki.yaml", "-verify-config"], place),
          accepts("otelcol-contrib", ["validate", "--config=collector.yaml"], place),
        ]);
      });
    }
  }

  for (const [title, environment] of distinctForPrometheus()) {
    it(`let Prometheus start ${title}`, async () => {
      const place = mkdtempSync(join(folder, "started-"));
      writeFiles(place, prometheusFiles(environment, "."));
      await starts(place, environment.observability.prometheus);
    });
  }

  it("keep Prometheus from starting when they have a mistake", async () => {
    const place = mkdtempSync(join(folder, "mistaken-"));
    writeFiles(place, { "prometheus.yml": "mistake: true\n" });
    await assert.rejects(starts(place, environmentOf("dev", {}).observability.prometheus), /field mistake not found/);
  });

  it("are refused when they have a mistake, by each of the programs", async () => {
    const place = mkdtempSync(join(folder, "mistaken-"));
    for (const name of ["prometheus.yml", "alertmanager.yml", "loki.yaml", "collector.yaml"])
      writeFileSync(join(place, name), "mistake: true\n");
    for (const [tool, args] of [
      ["promtool", ["check", "config", "prometheus.yml"]],
      ["amtool", ["check-config", "alertmanager.yml"]],
      ["loki", ["-config.file=loki.yaml", "-verify-config"]],
      ["otelcol-contrib", ["validate", "--config=collector.yaml"]],
    ] as const)
      assert.notEqual((await run(tools.path(tool), args, place)).code, 0, tool);
  });

  /** Starts Prometheus as its pod does, until it is ready. @throws when it ends before. */
  async function starts(place: string, settings: ResolvedObservability["prometheus"]): Promise<void> {
    const args = prometheusArgs(settings, "127.0.0.1:0", ".", "data");
    const child = spawn(tools.path("prometheus"), args, { cwd: place, env: {}, stdio: ["ignore", "ignore", "pipe"] });
    const ended = once(child, "close");
    const lines: string[] = [];
    try {
      for await (const line of createInterface(child.stderr)) {
        lines.push(line);
        if (line.includes("Server is ready to receive web requests.")) return;
      }
      assert.fail(lines.join("\n"));
    } finally {
      child.kill();
      child.stderr.resume();
      await ended;
    }
  }

  async function accepts(tool: string, args: readonly string[], place: string): Promise<void> {
    const { code, stdout, stderr } = await run(tools.path(tool), args, place);
    assert.equal(code, 0, `${tool}: ${stdout}${stderr}`);
  }
});

function environmentOf(tier: Tier, observability: EnvironmentSpec["observability"]): ResolvedEnvironment {
  return resolveEnvironment({
    name: "shop",
    tier,
    application: "shop",
    services: { web: { image: "registry.example.com/web:1.2.3" } },
    observability,
  });
}

/** Environments by title, one of each that have the same of Prometheus. */
function distinctForPrometheus(): [string, ResolvedEnvironment][] {
  const all = TIERS.flatMap((tier) =>
    Object.entries(VARIANTS).map(([title, observability]): [string, ResolvedEnvironment] => [
      `in tier ${tier} with ${title}`,
      environmentOf(tier, observability),
    ]),
  );
  return [...new Map(all.toReversed().map((each) => [JSON.stringify(prometheusFiles(each[1], ".")), each])).values()];
}

function writeFiles(place: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
}

function writeConfigurations(place: string, tier: Tier, observability: EnvironmentSpec["observability"]): void {
  const environment = environmentOf(tier, observability);
  const { alertmanager, loki, collector } = environment.observability;
  // The collector looks whether the folder of its state is there.
  const stateFolder = join(place, "state");
  mkdirSync(stateFolder);
  writeFiles(place, {
    ...prometheusFiles(environment, "."),
    "alertmanager.yml": alertmanagerConfig(alertmanager.receivers, "/run/secrets/alertmanager"),
    "loki.yaml": lokiConfig(loki),
    "collector.yaml": collectorConfig({
      namespaces: ["shop", "preview-*"],
      lokiUrl: "http://loki.shop.svc:3100",
      stateFolder,
      tracesUrl: collector.traces?.endpoint,
    }),
  });
}
