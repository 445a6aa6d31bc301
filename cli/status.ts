import { CommandFailure } from "./exit.ts";
import { type EnvironmentReport, formatReport, type ReportFormat } from "./report.ts";
import { Session } from "./session.ts";
import type { Surroundings } from "./surroundings.ts";

/** Options of `terrarium status`. */
export interface StatusOptions {
  readonly stack: string;
  readonly output: ReportFormat;
}

/** Shows what runs of an environment. Installs, starts and changes nothing. */
export async function status(surroundings: Surroundings, options: StatusOptions): Promise<void> {
  const session = new Session(surroundings, options.stack);
  const report = await readReport(surroundings, session);
  surroundings.stdout.write(formatReport(report, options.output));
  if (report.phase === "broken") throw new CommandFailure(`The cluster of ${options.stack} is broken.`);
}

/** What runs of a stack, from the cluster and the state. */
export async function readReport(surroundings: Surroundings, session: Session): Promise<EnvironmentReport> {
  const nothing = { stack: session.file.stack, namespaces: [], workloads: [], routes: [], addresses: {} };
  const provider = session.current();
  const found = (await provider?.status()) ?? { phase: "absent" };
  if (found.phase === "absent") return { ...nothing, phase: "absent" };
  if (found.phase === "broken") return { ...nothing, phase: "broken", reason: found.reason };
  const environment = surroundings.validate(session.file.stack);
  const toolchain = await surroundings.toolchain(["pulumi", "kubectl"]);
  return session.report(toolchain, found.access, environment);
}
