import { existsSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { writePrivateFile } from "../../clusters/kubeconfig.ts";
import { localPaths } from "../../clusters/local-paths.ts";
import type { Surroundings } from "../surroundings.ts";

/** Address that the sample application's repository has in the sample configuration. */
export const SAMPLE_REPOSITORY = "https://git.example.com/terrarium/guestbook";

/** A configuration with the sample application, for a first look. It is written once and may then be changed. @returns its path. */
export function sampleConfig({ checkout }: Pick<Surroundings, "checkout">): string {
  const path = join(localPaths(checkout).platform, "platform.yaml");
  if (!existsSync(path)) writePrivateFile(path, `${HEAD}${stringify(content(checkout))}`);
  return path;
}

const HEAD = `# What the platform service runs with where no other configuration is named: docs/reference/platform-configuration.md.
# It is read again whenever it changes.
`;

function content(checkout: string): object {
  return {
    repositories: { [SAMPLE_REPOSITORY]: { base: join(checkout, "examples/guestbook/environment.yaml") } },
    ttl: { default: "72h" },
    http: { port: 0, address: "127.0.0.1" },
  };
}
