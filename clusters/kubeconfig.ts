import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { KubeEndpoint } from "./kube-api.ts";

/**
 * A kubeconfig with one context. Certificates are inside the text, so that the file works from any folder.
 *
 * @param name of the context, its cluster and its user.
 * @returns JSON, which every reader of kubeconfig files takes.
 */
export function kubeconfigFor(name: string, endpoint: KubeEndpoint): string {
  const base64 = (text: Buffer): string => text.toString("base64");
  return `${JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": name,
      clusters: [
        {
          name,
          cluster: {
            server: endpoint.server,
            "certificate-authority-data": base64(endpoint.certificateAuthority),
          },
        },
      ],
      users: [
        {
          name,
          user: {
            "client-certificate-data": base64(endpoint.clientCertificate),
            "client-key-data": base64(endpoint.clientKey),
          },
        },
      ],
      contexts: [{ name, context: { cluster: name, user: name } }],
    },
    null,
    2,
  )}\n`;
}

/** Writes a file that only this user can read, replacing an older one at once: who reads it meets one or the other. */
export function writePrivateFile(path: string, text: string): void {
  renameSync(writeBeside(path, text), path);
}

/** Writes such a file where there is none. Of processes that do so at the same time, the first one's stays. */
export function createPrivateFile(path: string, text: string): void {
  const temporary = writeBeside(path, text);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(temporary);
  }
}

/** @returns path of a new file of this process, in the same folder. */
function writeBeside(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text, { mode: 0o600 });
  return temporary;
}
