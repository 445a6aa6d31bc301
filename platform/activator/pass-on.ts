import { type IncomingMessage, request as send, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import type { Duplex } from "node:stream";

/** Headers of one connection, which say nothing to the next. */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect"];

/**
 * Passes a request on over a connection and its answer back, piece by piece as they come.
 *
 * @throws when the service ends before it has answered; nothing was answered by then.
 */
export async function passOn(request: IncomingMessage, response: ServerResponse, socket: Socket): Promise<void> {
  const upstream = send({
    createConnection: () => socket,
    method: request.method,
    path: request.url,
    headers: [...endToEnd(request.rawHeaders, HOP_BY_HOP), "Connection", "close"],
    setHost: false,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once("response", resolve);
    upstream.on("error", reject);
    upstream.once("close", () => reject(new Error("the service ended the connection")));
  });
  const gone = (): void => void upstream.destroy();
  response.once("close", gone);
  // A service may answer before it has read all, and end the connection.
  const sent = pipeline(request, upstream).catch(() => undefined);
  const answer = await answered;
  // Chunks are the connection's own, too; Node makes them anew.
  const headers = endToEnd(answer.rawHeaders, [...HOP_BY_HOP, "transfer-encoding"]);
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
  response.flushHeaders();
  await pipeline(answer, response).catch(() => undefined);
  response.removeListener("close", gone);
  upstream.destroy();
  await sent;
}

/** Passes on a request for another protocol, and whatever follows in both directions. */
export async function passUpgradeOn(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  socket: Socket,
): Promise<void> {
  const lines = pairs(request.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  socket.write(head);
  const ends = [pipeline(client, socket), pipeline(socket, client)];
  await Promise.race(ends.map((end) => end.catch(() => undefined)));
  await Promise.all(ends.map((end) => end.catch(() => undefined)));
}

/** Headers without those of the connection, which it may itself name. */
function endToEnd(raw: readonly string[], dropped: readonly string[]): string[] {
  const named = pairs(raw)
    .filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) => value.toLowerCase().split(/\s*,\s*/));
  return pairs(raw)
    .filter(([name]) => !dropped.includes(name.toLowerCase()) && !named.includes(name.toLowerCase()))
    .flat();
}

function pairs(raw: readonly string[]): [name: string, value: string][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""]);
}
