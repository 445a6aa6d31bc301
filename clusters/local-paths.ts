import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { join } from "node:path";

/** Where a checkout keeps what belongs to this machine only. Git ignores the folder. */
export interface LocalPaths {
  /** The checkout, with symbolic links resolved. */
  readonly checkout: string;
  /** `<checkout>/.terrarium` */
  readonly root: string;
  /** Name of this checkout's own cluster, kubeconfig context included. */
  readonly clusterName: string;
  /** Which cluster this checkout uses, see `clusters/record.ts`. */
  readonly clusterRecord: string;
  /** Credentials of this checkout's own cluster; readable by the user only. */
  readonly kubeconfig: string;
  /** Held while a cluster is brought up or removed. */
  readonly clusterLock: string;
  /** Work folder of kwokctl (its `KWOK_WORKDIR`). */
  readonly kwok: string;
  /** Data of a host cluster, see `clusters/host/layout.ts`. */
  readonly host: string;
  /** Pulumi's file backend. */
  readonly state: string;
  /** Passphrase that encrypts the secrets in {@link state}; readable by the user only. */
  readonly passphrase: string;
  /** Stack files as given to the engine: the checkout's own plus the encryption salt of this machine. */
  readonly config: string;
  /** What the platform service keeps on this machine. */
  readonly platform: string;
  /** What it keeps of environments on this checkout's own cluster. */
  readonly localPlatform: string;
}

/**
 * Places of one checkout. Two checkouts never share a name, a folder or a kubeconfig.
 *
 * @param checkout folder of the checkout; must exist.
 */
export function localPaths(checkout: string): LocalPaths {
  const real = realpathSync(checkout);
  const root = join(real, ".terrarium");
  return {
    checkout: real,
    root,
    clusterName: clusterName(real),
    clusterRecord: join(root, "cluster.json"),
    kubeconfig: join(root, "kubeconfig"),
    clusterLock: join(root, "cluster.lock"),
    kwok: join(root, "kwok"),
    host: join(root, "host"),
    state: join(root, "state"),
    passphrase: join(root, "passphrase"),
    config: join(root, "config"),
    platform: join(root, "platform"),
    localPlatform: join(root, "platform", "local"),
  };
}

/**
 * Name of the cluster that belongs to a checkout.
 *
 * @param realCheckout path of the checkout with symbolic links resolved.
 * @returns `terrarium-` and 8 hexadecimal digits.
 */
export function clusterName(realCheckout: string): string {
  return `terrarium-${createHash("sha256").update(realCheckout).digest("hex").slice(0, 8)}`;
}
