import { homedir } from "node:os";
import { findContainerEngine } from "../clusters/container-engine.ts";
import { containerdOf } from "../clusters/host/layout.ts";
import type { ClusterAccess } from "../clusters/provider.ts";
import { runCommand } from "../clusters/run-command.ts";
import { defaultCacheDir } from "../clusters/toolchain/index.ts";
import {
  CATALOGUE,
  ensureImages,
  fullReference,
  IMAGE_TOOLS,
  type ImageName,
  type ImageTarget,
  loadImages,
  pullInto,
} from "../images/index.ts";
import type { ResolvedEnvironment } from "../spec/index.ts";
import { CommandFailure } from "./exit.ts";
import { Session } from "./session.ts";
import { resolveStack } from "./stack-validation.ts";
import { say, type Surroundings } from "./surroundings.ts";

/** Makes the images of a stack, and loads them into its cluster when that runs. */
export async function images(surroundings: Surroundings, { stack }: { readonly stack: string }): Promise<void> {
  const session = new Session(surroundings, stack);
  const environment = resolveStack(surroundings.checkout, stack);
  const found = (await session.current()?.status()) ?? { phase: "absent" };
  await loadStackImages(surroundings, session, environment, found.phase === "running" ? found.access : undefined);
}

/**
 * Makes sure that a local cluster has the images that the stack runs, and the one of canaries: pulled where their registries
 * can be reached, else local stand-ins. Images that Terrarium does not know are left to the cluster.
 *
 * @param access a cluster to load them into. @default they are only made
 */
export async function loadStackImages(
  surroundings: Surroundings,
  session: Session,
  environment: ResolvedEnvironment,
  access: ClusterAccess | undefined,
): Promise<void> {
  const { env } = surroundings;
  const tell = (line: string): void => {
    say(surroundings, line);
  };
  const store = access && (await imageStore(surroundings, session, access));
  const names = imagesOf(environment);
  const pull = store && pullInto(store.target, { env: store.env, say: tell });
  const toolchain = await surroundings.toolchain(IMAGE_TOOLS);
  const cacheDir = defaultCacheDir(env, process.platform, homedir());
  const built = await ensureImages({ cacheDir, env, say: tell, toolchain, names, ...(pull ? { pull } : {}) });
  if (store) await loadImages(store.target, built, { env: store.env, say: tell });
}

/** Names of the known images that an environment runs. */
export function imagesOf({ services, dataStores, migrations, observability }: ResolvedEnvironment): ImageName[] {
  const { prometheus, loki, grafana, collector } = observability;
  const servers = [prometheus, loki, grafana, collector].filter(({ enabled }) => observability.enabled && enabled);
  const parts = [...Object.values(services), ...Object.values(dataStores), ...Object.values(migrations), ...servers];
  const references = new Set(["busybox:1.36", ...parts.map(({ image }) => image)].map(fullReference));
  return (Object.keys(CATALOGUE) as ImageName[]).filter((name) => references.has(CATALOGUE[name].reference));
}

/** Where a cluster keeps its images, and the variables with which it is reached. */
async function imageStore(
  surroundings: Surroundings,
  { paths }: Session,
  access: ClusterAccess,
): Promise<{ target: ImageTarget; env: NodeJS.ProcessEnv } | undefined> {
  const { env } = surroundings;
  if (access.provider === "host") return { target: containerdOf(paths), env };
  if (access.provider !== "kind") return undefined;
  const found = await findContainerEngine(runCommand, env);
  if (!("engine" in found))
    throw new CommandFailure(`The cluster's container engine does not run any more: ${found.reason}.`);
  const kind = (await surroundings.toolchain(["kind"])).path("kind");
  return {
    target: { kind, cluster: paths.clusterName, engine: found.engine },
    env: { ...env, KIND_EXPERIMENTAL_PROVIDER: found.engine },
  };
}
