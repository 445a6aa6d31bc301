import { homedir } from "node:os";
import { findContainerEngine } from "../clusters/container-engine.ts";
import { containerdOf } from "../clusters/host/layout.ts";
import type { ClusterAccess } from "../clusters/provider.ts";
import { runCommand } from "../clusters/run-command.ts";
import { defaultCacheDir } from "../clusters/toolchain/index.ts";
import {
  CATALOGUE,
  CLUSTER_IMAGES,
  ensureImages,
  fullReference,
  type ImageName,
  type ImageTarget,
  loadImages,
  pullInto,
  toolsOf,
} from "../images/index.ts";
import { exportersOf, type ResolvedEnvironment } from "../spec/index.ts";
import { CommandFailure, UsageFailure } from "./exit.ts";
import { Session } from "./session.ts";
import { resolveStack } from "./stack-validation.ts";
import { say, type Surroundings } from "./surroundings.ts";

/** Options of the command `images`. */
export interface ImagesCommandOptions {
  readonly stack: string;
  /** References as a stack's description has them. An empty list stands for all that the stack runs. */
  readonly references: readonly string[];
}

/**
 * Makes the images of a stack, or those that are named, and loads them into the stack's cluster when that runs.
 *
 * @throws UsageFailure for a reference that Terrarium does not know.
 */
export async function images(surroundings: Surroundings, options: ImagesCommandOptions): Promise<void> {
  const session = new Session(surroundings, options.stack);
  const environment = resolveStack(surroundings.checkout, options.stack);
  const names = options.references.length === 0 ? imagesOf(environment) : options.references.map(imageNamed);
  const found = (await session.current()?.status()) ?? { phase: "absent" };
  await provideImages(surroundings, session, names, found.phase === "running" ? found.access : undefined);
}

/** Makes sure that a local cluster has the images that the stack runs, and the one of canaries. */
export async function loadStackImages(
  surroundings: Surroundings,
  session: Session,
  environment: ResolvedEnvironment,
  access: ClusterAccess,
): Promise<void> {
  await provideImages(surroundings, session, imagesOf(environment), access);
}

/**
 * Has images pulled into a cluster where their registries can be reached, else makes local stand-ins and loads them.
 *
 * @param access the cluster. @default they are only made
 */
async function provideImages(
  surroundings: Surroundings,
  session: Session,
  names: readonly ImageName[],
  access: ClusterAccess | undefined,
): Promise<void> {
  const { env } = surroundings;
  const tell = (line: string): void => {
    say(surroundings, line);
  };
  const store = access && (await imageStore(surroundings, session, access));
  const pull = store && pullInto(store.target, { env: store.env, say: tell });
  const toolchain = await surroundings.toolchain(toolsOf(names));
  const cacheDir = defaultCacheDir(env, process.platform, homedir());
  const built = await ensureImages({ cacheDir, env, say: tell, toolchain, names, ...(pull ? { pull } : {}) });
  if (store) await loadImages(store.target, built, { env: store.env, say: tell });
}

/** Names of the known images that an environment runs; others are left to the cluster. */
export function imagesOf(environment: ResolvedEnvironment): ImageName[] {
  const { services, dataStores, migrations, observability } = environment;
  const { prometheus, alertmanager, loki, grafana, collector } = observability;
  const servers = [prometheus, alertmanager, loki, grafana, collector].filter(
    ({ enabled }) => observability.enabled && enabled,
  );
  const exporters = exportersOf(environment).map(({ settings }) => settings);
  const parts = [
    ...Object.values(services),
    ...Object.values(dataStores),
    ...Object.values(migrations),
    ...servers,
    ...exporters,
  ];
  const clones = Object.values(services).flatMap(({ source }) => source?.gitImage ?? []);
  const references = new Set(["busybox:1.36", ...clones, ...parts.map(({ image }) => image)].map(fullReference));
  return (Object.keys(CATALOGUE) as ImageName[]).filter((name) => references.has(CATALOGUE[name].reference));
}

function imageNamed(reference: string): ImageName {
  const name = CLUSTER_IMAGES.find((known) => CATALOGUE[known].reference === fullReference(reference));
  if (name !== undefined) return name;
  const known = CLUSTER_IMAGES.map((each) => CATALOGUE[each].reference).sort();
  throw new UsageFailure(`There is no recipe for the image "${reference}". Choose one of: ${known.join(", ")}.`);
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
