import type { ClusterAccess } from "../clusters/provider.ts";
import { CommandFailure } from "./exit.ts";
import type { Session } from "./session.ts";

/** Access to the cluster that a stack has from an earlier run. @throws CommandFailure that says how to get one. */
export async function runningCluster(session: Session): Promise<ClusterAccess> {
  const found = (await session.current()?.status()) ?? { phase: "absent" };
  if (found.phase === "running") return found.access;
  const { stack } = session.file;
  const why = found.phase === "broken" ? `is broken: ${found.reason}` : "is not there";
  throw new CommandFailure(`The cluster of ${stack} ${why}. Run \`terrarium up --stack ${stack}\`.`);
}
