import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics.ts";

/** What the server tells of the service. */
export interface ServerArgs {
  /** TCP port; 0 for any that is free. */
  readonly port: number;
  /** What is missing before the service is ready; undefined when nothing is. Leader or not makes no difference. */
  readonly notReady: () => string | undefined;
  readonly metrics: Pick<Metrics, "text">;
}

/** Serves /healthz, /readyz and /metrics. @returns the server, once it listens. @throws when the port is taken. */
export async function serve({ port, notReady, metrics }: ServerArgs): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://service").pathname;
    if (request.method !== "GET" && request.method !== "HEAD") answer(response, 405, "only GET is served\n");
    else if (path === "/healthz") answer(response, 200, "ok\n");
    else if (path === "/readyz") {
      const missing = notReady();
      answer(response, missing === undefined ? 200 : 503, `${missing ?? "ok"}\n`);
    } else if (path === "/metrics") {
      metrics.text().then(
        ({ type, text }) => {
          answer(response, 200, text, type);
        },
        () => {
          answer(response, 500, "the metrics can't be collected\n");
        },
      );
    } else answer(response, 404, "served are /healthz, /readyz and /metrics\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, resolve);
  });
  return server;
}

/** Port that a server listens on. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function answer(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(response.req.method === "HEAD" ? undefined : text);
}
