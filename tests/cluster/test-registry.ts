import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Undo } from "../engine/broken-cluster.ts";

/** What a registry says of whatever image it is asked for. */
export interface RegistryAnswer {
  readonly status: number;
  readonly body: object;
  /** @default "application/json" */
  readonly type?: string;
}

/** It has no image. */
export const NO_IMAGE: RegistryAnswer = {
  status: 404,
  body: { errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] },
};

/** It shows its images to others only. */
export const NO_ACCESS: RegistryAnswer = {
  status: 403,
  body: { errors: [{ code: "DENIED", message: "requested access to the resource is denied" }] },
};

const index = "application/vnd.oci.image.index.v1+json";
const manifest = "application/vnd.oci.image.manifest.v1+json";

/** It has the image, for a processor of which no node is. */
export const OTHER_PROCESSOR: RegistryAnswer = {
  status: 200,
  type: index,
  body: {
    schemaVersion: 2,
    mediaType: index,
    manifests: [
      {
        mediaType: manifest,
        digest: `sha256:${"0".repeat(64)}`,
        size: 2,
        platform: { os: "linux", architecture: "s390x" },
      },
    ],
  },
};

/** A registry of this machine that has one answer. */
export async function startRegistry({ status, body, type = "application/json" }: RegistryAnswer): Promise<{
  readonly port: number;
  readonly close: Undo;
}> {
  const text = JSON.stringify(body);
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const server = createServer(({ url, method }, response) => {
    const isPing = url === "/v2/";
    const headers = {
      "content-type": type,
      "content-length": Buffer.byteLength(text),
      "docker-content-digest": digest,
    };
    response.writeHead(isPing ? 200 : status, headers);
    response.end(method === "HEAD" ? undefined : text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  return { port, close };
}
