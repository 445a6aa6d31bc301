import type { Server } from "node:http";
import { toMilliseconds, type EnvironmentRoute, type PreviewEnvironment } from "../../spec/index.ts";
import { type ClusterSelection, readClusterAccess } from "../adapters/kubernetes/access.ts";
import { KubernetesApi } from "../adapters/kubernetes/api.ts";
import { clusterWatch, Environments } from "../adapters/kubernetes/environments.ts";
import { systemClock as clock } from "../clock.ts";
import { readConfigFile } from "../config-file.ts";
import { portOf, serve } from "../http/server.ts";
import { createLog } from "../log.ts";
import { createActivator } from "./activator.ts";
import { environmentsByHost, type Place, placeOf } from "./addresses.ts";
import { gracefulEnd } from "./graceful-end.ts";
import { ActivatorMetrics } from "./metrics.ts";
import { RequestTimes } from "./request-times.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** How the activator is run. */
export interface ActivatorOptions {
  /** Path of the platform's configuration file. */
  readonly config: string;
  readonly cluster: ClusterSelection;
  /** Takes a line of the log, with its end. */
  readonly write: (line: string) => void;
  /** Aborts when it is asked to end. */
  readonly stop: AbortSignal;
  /** Port that requests come to. @default the configuration's */
  readonly port?: number;
  /** Port of /healthz, /readyz and /metrics. */
  readonly adminPort: number;
  /** Told the port of requests once it listens. @default nobody is told */
  readonly listening?: (port: number) => void;
  /** Where services listen. @default the cluster's DNS knows */
  readonly placeOf?: (environment: PreviewEnvironment, route: EnvironmentRoute) => Place;
}

/** Milliseconds that requests and websockets may go on for when the activator is asked to end. */
const GRACE_MS = 10_000;

/**
 * Runs the activator until it is asked to end.
 *
 * @throws PlatformConfigError, ClusterSelectionError, and where the configuration has no activator
 */
export async function runActivator(options: ActivatorOptions): Promise<void> {
  const { stop } = options;
  const { config } = await readConfigFile(options.config);
  const { namespace, url, logLevel, sleep } = config;
  const settings = sleep.activator;
  if (settings === undefined || url === undefined)
    throw new Error("The activator needs `url` and `sleep.activator` in the platform's configuration.");
  const access = readClusterAccess(options.cluster);
  const log = createLog(() => logLevel, options.write);
  const api = new KubernetesApi(access);
  const environments: Environments = new Environments({
    api,
    namespace,
    watch: clusterWatch(access),
    clock,
    log,
    changed: (name) => {
      room.changed(name);
      if (environments.get(name) === undefined) times.forget(name);
    },
  });
  const get = (name: string): PreviewEnvironment | undefined => environments.get(name);
  const write = (name: string, at: Date): Promise<void> => environments.writeLastRequest(name, at);
  const times = new RequestTimes({ get, write, clock, log });
  const room = new WaitingRoom({ get, clock, places: settings.queue });
  const metrics = new ActivatorMetrics(() => room.count);
  const patience = { pageMs: toMilliseconds(settings.pageAfter), holdMs: toMilliseconds(settings.hold) };
  const server = createActivator({
    environmentOf: environmentsByHost(url),
    get,
    placeOf: options.placeOf ?? placeOf,
    times,
    room,
    metrics,
    log,
    patience: () => patience,
  });
  const end = gracefulEnd(server, clock, GRACE_MS);
  const admin = await serve({
    port: options.adminPort,
    notReady: () => (environments.synced ? undefined : "the Environment objects are not listed yet"),
    metrics,
    log,
  });
  await environments.start();
  await listen(server, options.port ?? settings.port);
  log.info("started", { namespace, port: portOf({ server }) });
  options.listening?.(portOf({ server }));
  await aborted(stop);
  await end();
  await environments.stop();
  await admin.close();
  log.info("ended");
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, resolve);
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
