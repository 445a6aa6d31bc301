import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClusterError } from "../provider.ts";
import { lastLines, runCommand } from "../run-command.ts";
import { systemEnvironment } from "./system-environment.ts";

/** Days; a cluster of a development machine does not live that long. */
const validDays = "3650";

/**
 * Makes an authority, as `ca.crt` and `ca.key` in a folder that it creates for its owner alone.
 *
 * @param subject as openssl takes it, `/CN=name`.
 * @throws ClusterError where openssl fails.
 */
export async function createAuthority(folder: string, subject: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Without a configuration of its own, openssl would take extensions from the machine's.
  await writeFile(join(folder, "openssl.cnf"), "[req]\ndistinguished_name = name\n[name]\n");
  await createCertificate(folder, "ca", ["-subj", subject, ...extension("basicConstraints=critical,CA:TRUE")]);
}

/**
 * Makes a certificate of the folder's authority, as `<name>.crt` and `<name>.key` beside it.
 *
 * @param usages extended ones: `serverAuth`, `clientAuth`.
 * @param alternativeNames what it is valid for, such as `DNS:localhost`. @default none
 * @throws ClusterError where openssl fails.
 */
export function createLeaf(
  folder: string,
  name: string,
  subject: string,
  usages: readonly string[],
  alternativeNames: readonly string[] = [],
): Promise<void> {
  const authority = ["-CA", join(folder, "ca.crt"), "-CAkey", join(folder, "ca.key")];
  const extensions = [
    ...extension("basicConstraints=critical,CA:FALSE"),
    ...extension("keyUsage=critical,digitalSignature,keyEncipherment"),
    ...extension(`extendedKeyUsage=${usages.join(",")}`),
    ...(alternativeNames.length > 0 ? extension(`subjectAltName=${alternativeNames.join(",")}`) : []),
  ];
  return createCertificate(folder, name, [...authority, "-subj", subject, ...extensions]);
}

async function createCertificate(folder: string, name: string, more: readonly string[]): Promise<void> {
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", validDays];
  const files = ["-config", join(folder, "openssl.cnf"), "-keyout", key, "-out", certificate];
  const result = await runCommand("openssl", ["req", ...kind, ...files, ...more], { env: systemEnvironment() });
  if (result.code !== 0) throw new ClusterError(`openssl could not make the certificate ${name}: ${lastLines(result)}`);
}

function extension(text: string): string[] {
  return ["-addext", text];
}
