import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What a bucket is asked for, as far as S3 and its like agree: objects by presigned addresses. */
export interface Bucket {
  readonly port: number;
  /** Puts an object there. @returns a presigned address of it. */
  readonly put: (key: string, body: Buffer) => string;
  /** Answers so far, e.g. "200 /dumps/a". */
  readonly answers: readonly string[];
  readonly stop: () => Promise<void>;
}

/**
 * Serves objects on one address of this machine, to those alone whose address has the object's signature.
 *
 * @param signature of every address.
 */
export async function serveBucket(address: string, signature: string): Promise<Bucket> {
  const objects = new Map<string, Buffer>();
  const answers: string[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://bucket");
    const isSigned = request.method === "GET" && searchParams.get("X-Amz-Signature") === signature;
    const body = isSigned ? objects.get(pathname) : undefined;
    const status = body ? 200 : isSigned ? 404 : 403;
    answers.push(`${status} ${pathname}`);
    response.writeHead(status, { "content-type": body ? "application/octet-stream" : "application/xml" });
    response.end(body ?? "<Error/>");
  }).listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    put: (key, body) => {
      objects.set(`/${key}`, body);
      return `http://${address}:${port}/${key}?X-Amz-Expires=900&X-Amz-Signature=${signature}`;
    },
    answers,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
