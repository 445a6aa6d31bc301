/** Images of the cluster's own pods, made from one or two programs each: no registry is asked. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClusterError } from "../provider.ts";
import { lastLines, type RunCommand } from "../run-command.ts";
import { versions } from "../toolchain/versions.ts";
import { createImageArchive } from "./image-archive.ts";
import type { Containerd, HostLayout } from "./layout.ts";
import { systemEnvironment } from "./system-environment.ts";

/** Names under which the images are in the container runtime. */
export const systemImages = {
  pause: "localhost/terrarium/pause:1",
  coredns: `localhost/terrarium/coredns:${versions.coredns}`,
  provisioner: `localhost/terrarium/local-path-provisioner:${versions.localPathProvisioner}`,
  volumeFolder: "localhost/terrarium/volume-folder:1",
} as const;

/** Program of the toolchain, and where it lies in the image. */
const contents: Readonly<Record<keyof typeof systemImages, { readonly tool: string; readonly path: string }>> = {
  pause: { tool: "pause", path: "pause" },
  coredns: { tool: "coredns", path: "coredns" },
  provisioner: { tool: "local-path-provisioner", path: "local-path-provisioner" },
  volumeFolder: { tool: "volume-folder", path: "volume-folder" },
};

/**
 * Makes the images available to the kubelet.
 *
 * @param tool path of a tool by its usual name.
 */
export async function importSystemImages(
  layout: HostLayout,
  containerd: Containerd,
  tool: (name: string) => string,
  run: RunCommand,
): Promise<void> {
  await mkdir(layout.images, { recursive: true, mode: 0o700 });
  for (const key of Object.keys(systemImages) as (keyof typeof systemImages)[]) {
    const { tool: program, path } = contents[key];
    const archive = join(layout.images, `${key}.tar`);
    if (!existsSync(archive)) {
      const content = createImageArchive(systemImages[key], [{ path, content: await readFile(tool(program)) }]);
      await writeFile(`${archive}.new`, content);
      await rename(`${archive}.new`, archive);
    }
    const { ctr, address, namespace } = containerd;
    const command = ["--address", address, "--namespace", namespace, "images", "import", archive];
    const result = await run(ctr, command, { env: systemEnvironment() });
    if (result.code !== 0) throw new ClusterError(`The image ${systemImages[key]} was not taken: ${lastLines(result)}`);
    await rm(archive);
  }
}
