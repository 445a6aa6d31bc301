import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What Alertmanager sends to a webhook, as far as it is looked at. */
export interface Notification {
  readonly receiver: string;
  readonly status: string;
  readonly alerts: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

/** Somebody who is told about alerts. */
export interface Receiver {
  readonly port: number;
  /** Where to tell, in whose path a token stands. */
  readonly address: string;
  /** What was told so far. */
  readonly told: readonly Notification[];
  readonly stop: () => Promise<void>;
}

/** Listens on one address of this machine to those alone who know the token. */
export async function serveReceiver(address: string, token: string): Promise<Receiver> {
  const told: Notification[] = [];
  const server = createServer((request, response) => {
    const isKnown = request.method === "POST" && request.url === `/${token}`;
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      if (isKnown) told.push(JSON.parse(text) as Notification);
      response.writeHead(isKnown ? 200 : 403).end();
    });
  }).listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `http://${address}:${port}/${token}`,
    told,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
