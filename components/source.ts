import { SOURCE_STEPS, SOURCE_VOLUMES, type ResolvedSource } from "../spec/index.ts";
import type { ContainerArgs, Mount, PodArgs } from "./pod.ts";

/** A pod without its place in the environment. */
type Pod = Omit<PodArgs, "identity">;

const { workspace, cache } = SOURCE_VOLUMES;
const WORKSPACE: Mount = { volume: workspace.name, path: workspace.path };
const CACHE: Mount = { volume: cache.name, path: cache.path };

/** Where the repository is; git refuses to work in a folder of another user, and the volume's top is root's. */
const CHECKOUT = `${workspace.path}/source`;

/** git's own settings here: what the server or the repository says can't lead it anywhere else, nor make it run anything. */
const GIT_SETTINGS = {
  "http.followRedirects": "false",
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "submodule.recurse": "false",
};

/**
 * Gets one commit into the workspace and names it in the container's termination message. It may run again: a pod whose
 * sandbox was lost keeps its workspace. All that varies comes as variables, which the shell does not read as commands.
 */
const CLONE = `
echo "fetching \${COMMIT:-branch $BRANCH} of $REPOSITORY"
git init --quiet --template= "$CHECKOUT"
cd "$CHECKOUT"
git fetch --quiet --depth=1 --no-tags -- "$REPOSITORY" "\${COMMIT:-refs/heads/$BRANCH}"
git checkout --quiet --force --detach FETCH_HEAD
git clean --quiet -ffdx
git log -1 --format='commit %H of %cI'
if [ ! -d "$DIRECTORY" ]; then
  echo "there is no folder $DIRECTORY in the repository at this commit" >&2
  exit 1
fi
git rev-parse HEAD > "$COMMIT_FILE"
`.trim();

/** Name of the claim that keeps a service's downloaded packages. */
export function cacheClaim(service: string): string {
  return `${service}-${cache.name}`;
}

/**
 * Makes a pod run what a git repository holds: its init containers clone, install packages and migrate, one after the
 * other, in a volume that they share with the main container. They are as confined as the main one, and only the last has its
 * credentials.
 */
export function builtFromSource(source: ResolvedSource, pod: Pod): Pod {
  const { container } = pod;
  const shared = { resources: container.resources, ephemeralStorage: source.workspace };
  const inCheckout = {
    ...shared,
    image: container.image,
    workingDir: source.directory === "." ? CHECKOUT : `${CHECKOUT}/${source.directory}`,
    envFromConfigMap: container.envFromConfigMap,
    mounts: [WORKSPACE, ...(container.mounts ?? [])],
  };
  const step = (name: string, args: Omit<ContainerArgs, "name">): ContainerArgs => ({
    ...args,
    name,
    terminationMessagePolicy: "FallbackToLogsOnError",
  });
  return {
    ...pod,
    volumes: [
      ...(pod.volumes ?? []),
      { name: workspace.name, emptyDir: { sizeLimit: source.workspace } },
      ...(source.cache ? [{ name: cache.name, persistentVolumeClaim: { claimName: cacheClaim(container.name) } }] : []),
    ],
    initContainers: [
      step(SOURCE_STEPS.clone, {
        ...shared,
        image: source.gitImage,
        command: ["sh", "-eu", "-c", CLONE],
        env: gitVariables(source),
        mounts: [WORKSPACE],
      }),
      step(SOURCE_STEPS.install, {
        ...inCheckout,
        command: source.install,
        env: {
          ...NODE_VARIABLES,
          npm_config_cache: source.cache ? CACHE.path : `${workspace.path}/npm-cache`,
          // Nobody reads reports and offers in a pod's log, and each is a request.
          npm_config_audit: "false",
          npm_config_fund: "false",
        },
        mounts: [...inCheckout.mounts, ...(source.cache ? [CACHE] : [])],
      }),
      ...(source.migrate
        ? [
            step(SOURCE_STEPS.migrate, {
              ...inCheckout,
              command: source.migrate,
              env: {
                ...container.env,
                ...NODE_VARIABLES,
                ...(source.seedTestCredentials ? { SEED_TEST_CREDENTIALS: "true" } : {}),
              },
              envFromSecret: container.envFromSecret,
            }),
          ]
        : []),
    ],
    container: { ...container, ...inCheckout, env: { ...container.env, ...NODE_VARIABLES } },
  };
}

/** Where npm keeps what is its own in a container without a home folder. */
const NODE_VARIABLES = { HOME: "/tmp", npm_config_update_notifier: "false" };

function gitVariables(source: ResolvedSource): Record<string, string> {
  const settings = Object.entries(GIT_SETTINGS).flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    REPOSITORY: source.repository,
    BRANCH: source.branch,
    COMMIT: source.commit ?? "",
    DIRECTORY: source.directory,
    CHECKOUT,
    COMMIT_FILE: "/dev/termination-log",
    HOME: "/tmp",
    GIT_ALLOW_PROTOCOL: source.repository.split(":")[0] ?? "",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_COUNT: String(Object.keys(GIT_SETTINGS).length),
    ...(Object.fromEntries(settings) as Record<string, string>),
  };
}
