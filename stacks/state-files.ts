/** A stack by the names that its state has. */
export interface StackName {
  readonly project: string;
  readonly stack: string;
}

/**
 * Files of a backend in which Pulumi keeps state by itself (a folder, a Postgres database), by key; for example
 * ".pulumi/locks/organization/shop/dev/1.json".
 *
 * @see https://github.com/pulumi/pulumi/tree/v3.216.0/pkg/backend/diy
 */
export interface StateFiles {
  /** Keys that begin with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>;
  /** Text of a file; undefined when it does not exist. */
  read(key: string): Promise<string | undefined>;
  /** Writes a file unless there is one. */
  create(key: string, text: string): Promise<void>;
  /** Removes a file; one that does not exist is gone already. */
  remove(key: string): Promise<void>;
  /** Removes what holds the keys that begin with `prefix` when there are none any more; not every backend has such things. */
  removeFolder(prefix: string): Promise<void>;
  /** Where a file is, for people; without credentials. */
  locate(key: string): string;
  /** Ends connections, so that the process can end. */
  close(): Promise<void>;
}

/** What of it has to do with locks. */
export type LockFiles = Pick<StateFiles, "list" | "read" | "remove" | "locate">;

/** Start of the keys of a stack's locks. */
export function lockPrefix({ project, stack }: StackName): string {
  return `.pulumi/locks/organization/${project}/${stack}/`;
}

/**
 * When the backend of a folder began to write a file that it has not given its name yet, in milliseconds since 1970. One that
 * is killed meanwhile leaves it for ever.
 *
 * @returns undefined for every other key.
 * @see https://github.com/google/go-cloud/blob/v0.37.0/blob/fileblob/fileblob.go#L667
 */
export function unfinishedSince(key: string): number | undefined {
  const nanoseconds = /\.([0-9a-f]+)\.tmp$/.exec(key)?.[1];
  return nanoseconds === undefined ? undefined : Number.parseInt(nanoseconds, 16) / 1e6;
}

/** Key of the file that says which layout the backend has. Without it Pulumi takes files for those of an older one. */
export const LAYOUT_KEY = ".pulumi/meta.yaml";

/** Key of a stack's state; it exists as long as the stack does. */
export function checkpointKey({ project, stack }: StackName): string {
  return `.pulumi/stacks/${project}/${stack}.json`;
}

/** Start of the keys of what Pulumi keeps of a stack's earlier updates. */
export function historyPrefix({ project, stack }: StackName): string {
  return `.pulumi/history/${project}/${stack}/`;
}
