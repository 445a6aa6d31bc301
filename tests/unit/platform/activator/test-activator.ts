import { createServer, request as send, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createActivator } from "../../../../platform/activator/activator.ts";
import { environmentsByHost } from "../../../../platform/activator/addresses.ts";
import { gracefulEnd } from "../../../../platform/activator/graceful-end.ts";
import { RequestTimes } from "../../../../platform/activator/request-times.ts";
import { WaitingRoom } from "../../../../platform/activator/waiting-room.ts";
import { systemClock } from "../../../../platform/clock.ts";
import type { Condition, Phase, PreviewEnvironment } from "../../../../spec/index.ts";
import { environment } from "../domain/situations.ts";
import { quietLog } from "../quiet-log.ts";

const [EARLIER, LATER] = ["2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"];

/** An environment that serves `/`, in a phase. @param sleeps whether it is asleep or falls asleep. */
export function environmentIn(
  phase: Phase,
  { name = "shop", sleeps = phase === "Asleep", wasReady = phase === "Ready", status = {} } = {},
): PreviewEnvironment {
  const shared = { message: "", observedGeneration: 1 };
  const conditions: Condition[] = [
    {
      ...shared,
      type: "Ready",
      status: phase === "Ready" ? "True" : "False",
      reason: "Provisioning",
      lastTransitionTime: wasReady ? LATER : EARLIER,
    },
    {
      ...shared,
      type: "Asleep",
      status: sleeps ? "True" : "False",
      reason: sleeps ? "Idle" : "Awake",
      lastTransitionTime: wasReady ? EARLIER : LATER,
    },
  ];
  const routes = [{ path: "/", service: "web", port: 8080 }];
  return environment({ name, status: { phase, conditions, routes, ...status } });
}

/** An activator on a port of this machine, with environments that tests change at will. */
export interface TestActivator {
  readonly port: number;
  readonly room: WaitingRoom;
  /** Names of environments whose request times were written. */
  readonly written: string[];
  readonly results: string[];
  put(environment: PreviewEnvironment): void;
  /** What happens at a write. @default nothing */
  onWrite: (name: string) => void | Promise<void>;
  /** Port of the services. */
  service: number;
  close(): Promise<void>;
}

export async function startActivator(
  settings: { readonly pageMs?: number; readonly holdMs?: number; readonly places?: number } = {},
): Promise<TestActivator> {
  const { pageMs = 50, holdMs = 10_000, places = 10 } = settings;
  const environments = new Map<string, PreviewEnvironment>();
  const get = (name: string) => environments.get(name);
  const room = new WaitingRoom({ get, clock: systemClock, places });
  const written: string[] = [];
  const results: string[] = [];
  const write = async (name: string): Promise<void> => {
    written.push(name);
    await activator.onWrite(name);
  };
  const server = createActivator({
    environmentOf: environmentsByHost("https://{name}.preview.example.com"),
    get,
    placeOf: () => ({ host: "127.0.0.1", port: activator.service }),
    times: new RequestTimes({ get, write, clock: systemClock, log: quietLog() }),
    room,
    metrics: { count: (result) => void results.push(result), held: () => undefined },
    log: quietLog(),
    patience: () => ({ pageMs, holdMs }),
  });
  const end = gracefulEnd(server, systemClock, 0);
  await listen(server);
  const activator: TestActivator = {
    port: portOf(server),
    room,
    written,
    results,
    put(each) {
      environments.set(each.metadata.name, each);
      room.changed(each.metadata.name);
    },
    onWrite: () => undefined,
    service: 1,
    close: end,
  };
  return activator;
}

/** A service of an environment, on a port of this machine. */
export async function startService(
  answer: RequestListener,
  port = 0,
): Promise<{ server: Server; port: number; close: () => Promise<void> }> {
  const server = createServer(answer);
  await listen(server, port);
  return { server, port: portOf(server), close: () => close(server) };
}

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** What is asked of an activator. */
export interface Question {
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a request on a connection of its own. */
export function ask(port: number, question: Question = {}): Promise<Answer> {
  const { host = "shop.preview.example.com", path = "/", method = "GET", headers = {}, body } = question;
  return new Promise((resolve, reject) => {
    const request = send({ host: "127.0.0.1", port, path, method, headers: { host, ...headers }, agent: false });
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on("error", reject);
    });
    request.end(body);
  });
}

function listen(server: Server, port = 0): Promise<void> {
  return new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
