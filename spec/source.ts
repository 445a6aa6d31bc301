import { z } from "zod";
import { imageReference, quantity } from "./fields.ts";
import { IMAGES } from "./images.ts";
import type { ResourceDefaults } from "./tiers.ts";

/** Schema of a git repository's address: without user, password or query. */
export const repositoryAddress = z
  .string()
  .max(512)
  .regex(/^(https|git):\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~-]+)+$/, {
    error: 'the address of a git repository without credentials, such as "https://git.example.com/team/shop"',
  });

/** What a branch's name may hold beside dots and slashes. */
const SIGN = "[A-Za-z0-9_@+#=-]";

/** Schema of a branch's name; it can't be taken for an option, nor be a name that git refuses. */
export const branchName = z
  .string()
  .max(244)
  .regex(new RegExp(`^[A-Za-z0-9_]${SIGN}*(\\.${SIGN}+)*(/${SIGN}+(\\.${SIGN}+)*)*$`), {
    error: 'the name of a branch such as "feature/checkout"',
  });

/** Schema of a commit's id. */
export const commitId = z
  .string()
  .max(64)
  .regex(/^[0-9a-f]{40}$/, { error: "a full commit id: 40 hexadecimal digits in lower case" });

const folder = z.string().regex(/^(\.|[A-Za-z0-9_@+.-]+(\/[A-Za-z0-9_@+.-]+)*)$/, {
  error: 'a folder of the repository such as "apps/web"',
});

const command = z.array(z.string()).min(1);

/** Schema of what a service is built from in its pod, in place of an image that was built for it. */
export const sourceSchema = z.strictObject({
  repository: repositoryAddress.meta({
    description: "Address of the git repository, https:// or git://, as the server knows it: no redirect is followed.",
  }),
  branch: branchName.meta({ description: "Branch that is built." }),
  commit: commitId.optional().meta({
    description: "Commit that is built; a change rolls the pod. Default: the branch's newest when the pod starts.",
  }),
  directory: folder
    .refine((path) => path === "." || !path.split("/").some((part) => part === "." || part === ".."), {
      error: 'a folder below the repository\'s top: no "." or ".." as a part',
    })
    .default(".")
    .meta({ description: "Folder of the repository in which the commands run." }),
  install: command.default(["npm", "ci"]).meta({ description: "Installs packages." }),
  migrate: z
    .union([z.literal(false), command], { error: "false, or a command as a list" })
    .optional()
    .meta({
      description:
        "Brings the schema of the called Postgres up to date before the service starts; false: nothing does. Default: [npm, run, db:migrate] where a Postgres is called.",
    }),
  seedTestCredentials: z.boolean().default(false).meta({
    description: "Sets SEED_TEST_CREDENTIALS=true for `migrate`, and a generated TEST_USER_PASSWORD.",
  }),
  workspace: quantity("bytes").prefault("4Gi").meta({
    description:
      "Most that the repository with its packages, what it builds and /tmp may take on the node's disk; at least 1Gi.",
  }),
  cache: z
    .strictObject({
      size: quantity("bytes").prefault("2Gi").meta({ description: "Size of the volume." }),
      storageClass: z.string().optional().meta({ description: "StorageClass. Default: the cluster's default class." }),
    })
    .optional()
    .meta({
      description:
        "A volume that keeps npm's downloads from one pod to the next; an update then ends the old pod before it starts the new one. Default: none, and every pod downloads its packages.",
    }),
  gitImage: imageReference
    .default(IMAGES.git.image)
    .meta({ description: "Replaces the image with git and a shell that Terrarium pins." }),
});

/** A source with every default filled in. */
export type ResolvedSource = Omit<z.output<typeof sourceSchema>, "migrate"> & {
  readonly migrate: false | readonly string[];
};

/** What runs in place of the image's own command: a service from source is developed, not shipped. */
export const SOURCE_COMMAND: readonly string[] = ["npm", "run", "dev"];

/** Requests and limits of a service from source: development servers compile as they run, and are killed at 1Gi. */
export const SOURCE_RESOURCES: ResourceDefaults = {
  requests: { cpu: "100m", memory: "512Mi" },
  limits: { cpu: "1", memory: "2Gi" },
};

/** Containers that prepare the workspace, in this order. */
export const SOURCE_STEPS = { clone: "git-clone", install: "npm-install", migrate: "db-migrate" } as const;

/** Volumes of a service from source, and where its containers find them. */
export const SOURCE_VOLUMES = {
  workspace: { name: "workspace", path: "/workspace" },
  cache: { name: "npm-cache", path: "/npm-cache" },
} as const;

/**
 * Fills what a parsed source leaves to the rest of the environment.
 *
 * @param callsPostgres whether the service calls a Postgres store.
 */
export function resolveSource(source: z.output<typeof sourceSchema>, callsPostgres: boolean): ResolvedSource {
  return { ...source, migrate: source.migrate ?? (callsPostgres && ["npm", "run", "db:migrate"]) };
}
