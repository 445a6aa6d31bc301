import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import { connect, type TLSSocket } from "node:tls";

/** How requests come to a gateway. */
export interface Way {
  readonly address: string;
  /** Authorities that its certificate may be of. @default no TLS */
  readonly authority?: string;
  /** The host name that TLS begins with. @default the request's */
  readonly serverName?: string;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

const TIMEOUT_MS = 10_000;
const PORTS = { http: 80, https: 443 } as const;

/** Sends a request for a host. @throws Error where the certificate is not one for it of the way's authority. */
export async function ask(way: Way, host: string, path: string): Promise<Answer> {
  const response = await responseTo(send(way, host, path));
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
  return { status: response.statusCode ?? 0, text };
}

/** Where a request is sent on to. @returns the status, and the address. */
export async function redirection(way: Way, host: string, path: string): Promise<readonly [number, string]> {
  const response = await responseTo(send(way, host, path));
  response.resume();
  return [response.statusCode ?? 0, response.headers.location ?? ""];
}

/** Opens a WebSocket's connection and says something through it. @returns what the other side says first. */
export async function say(way: Way, host: string, path: string, words: string): Promise<string> {
  const sent = send(way, host, path, { connection: "Upgrade", upgrade: "websocket" });
  const [, socket] = (await once(sent, "upgrade")) as [IncomingMessage, TLSSocket];
  try {
    socket.setEncoding("utf8").write(words);
    const [heard] = (await once(socket, "data")) as [string];
    return heard;
  } finally {
    socket.destroy();
  }
}

/** What a handshake for a host leads to, whoever the certificate is of. */
export async function handshake(
  { address }: Way,
  host: string,
): Promise<{ readonly certificate: string; readonly version: string }> {
  const options = {
    host: address,
    port: PORTS.https,
    servername: host,
    rejectUnauthorized: false,
    timeout: TIMEOUT_MS,
  };
  const socket = connect(options);
  try {
    await once(socket, "secureConnect");
    const certificate = socket.getPeerX509Certificate()?.toString() ?? "";
    return { certificate, version: socket.getProtocol() ?? "" };
  } finally {
    socket.destroy();
  }
}

function send(
  { address, authority, serverName }: Way,
  host: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): ClientRequest {
  const options = { host: address, path, headers: { host, ...headers }, agent: false, timeout: TIMEOUT_MS } as const;
  const sent =
    authority === undefined
      ? overHttp({ ...options, port: PORTS.http })
      : overHttps({ ...options, port: PORTS.https, ca: authority, servername: serverName ?? host });
  sent.on("timeout", () => sent.destroy(new Error(`${host}${path}: no answer within ${TIMEOUT_MS / 1000} s`)));
  return sent.end();
}

async function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return response;
}
