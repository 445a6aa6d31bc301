import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, createLeaf } from "../../clusters/host/authority.ts";

/** A server's certificate, all in PEM. */
export interface Certificate {
  /** Who signed it, and nothing else. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate for a host name, and its authority. The keys are in files of their owner's alone until it returns. */
export async function createCertificate(host: string): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), "terrarium-certificate-"));
  try {
    await createAuthority(folder, "/CN=authority-of-tests");
    await createLeaf(folder, "server", "/CN=server", ["serverAuth"], [`DNS:${host}`]);
    const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
    const [authority, certificate, key] = await Promise.all(["ca.crt", "server.crt", "server.key"].map(read));
    return { authority: authority ?? "", certificate: certificate ?? "", key: key ?? "" };
  } finally {
    await rm(folder, { recursive: true });
  }
}
