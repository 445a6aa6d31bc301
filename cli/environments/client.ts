import type { PreviewEnvironment, PreviewEnvironmentManifest } from "../../spec/index.ts";

/** A Kubernetes Event about an environment. */
export interface EnvironmentEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
  readonly lastTimestamp?: string;
}

/**
 * The environments of one platform service, as the commands use them: through the Kubernetes API or through the service's
 * own. Every method throws a CommandFailure.
 */
export interface EnvironmentClient {
  /** Creates an object, or only has the server check it. */
  create(manifest: PreviewEnvironmentManifest, isDryRun: boolean): Promise<PreviewEnvironment>;
  /** Lists objects by name. @param selector of labels, as kubectl reads it. */
  list(selector?: string): Promise<PreviewEnvironment[]>;
  read(name: string): Promise<PreviewEnvironment>;
  /** Asks for an object's deletion; it goes when what it stands for is gone. */
  delete(name: string): Promise<void>;
  /** Keeps an object longer. @param byMs milliseconds from the end of its time to live, a whole number of minutes. */
  extend(name: string, byMs: number): Promise<PreviewEnvironment>;
  sleep(name: string): Promise<PreviewEnvironment>;
  wake(name: string): Promise<PreviewEnvironment>;
  /** Lists the events about an object, the oldest first. */
  events(name: string): Promise<readonly EnvironmentEvent[]>;
  /** Follows an object: as it is now, then whenever it may have changed; undefined while it is not there. */
  follow(name: string, signal: AbortSignal): AsyncGenerator<PreviewEnvironment | undefined, void>;
  /** Follows the last lines of the log of an object's last operation in the same way. */
  followLog(name: string, signal: AbortSignal): AsyncGenerator<readonly string[] | undefined, void>;
}
