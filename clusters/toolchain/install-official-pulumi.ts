/**
 * Program that downloads the official Pulumi CLI: `node install-official-pulumi.ts VERSION FOLDER`.
 * Started by official-download.ts, as a process that can be killed.
 */
import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { SemVer } from "semver";

const [version, root] = process.argv.slice(2);
if (version === undefined || root === undefined) {
  throw new Error("usage: install-official-pulumi.ts VERSION FOLDER");
}
try {
  await PulumiCommand.install({ version: new SemVer(version), root });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
