import { PREVIEW_ENVIRONMENT } from "../../spec/index.ts";

/** Name of the service: of its workload, its pods' service account and its Service. */
export const SERVICE = "terrarium-platform";
/** What the namespace's objects are part of. */
export const APPLICATION = "terrarium";
/** The service's image. */
export const IMAGE = "terrarium/platform:0.1.0";
/** The ConfigMap that the activator's pods read. */
export const ACTIVATOR_CONFIGURATION = "activator-configuration";
/** Where the service's configuration and the files that it names lie in a pod. */
export const MOUNTS = { configuration: "/etc/terrarium/configuration", files: "/etc/terrarium/files" } as const;
/** Objects that are mounted there, by name. */
export const MOUNTED = { configuration: "platform-configuration", files: "platform-files" } as const;
/** File of the configuration, below its mount. */
export const CONFIGURATION_FILE = "platform.yaml";
/** Name of the file with the passphrase, below the mount of files. */
export const PASSPHRASE_FILE = "passphrase";

/** Names of the cluster-wide objects of an installation, which its namespace makes unique. */
export function clusterNames(namespace: string) {
  return {
    /** What the service does cluster-wide. */
    service: `${namespace}-platform`,
    /** What operations do cluster-wide. */
    operations: `${namespace}-operations`,
    /** What operations do in an environment's namespaces. */
    environment: `${namespace}-environment`,
    /** What people do with Environments. */
    edit: `${namespace}-environments-edit`,
    view: `${namespace}-environments-view`,
    /** Lets people say which commit of a fork may run. */
    approve: `${namespace}-environments-approve`,
    /** Holds all of these to the namespaces of environments. */
    policy: `${namespace}-platform`,
    /** Holds people to what they may say of pull requests. */
    approvals: `${namespace}-approvals`,
    /** Holds the activator to one field. */
    activator: `${namespace}-activator`,
  } as const;
}

/** User name of a service account, as the API server has it. */
export function userName(namespace: string, serviceAccount: string): string {
  return `system:serviceaccount:${namespace}:${serviceAccount}`;
}

/** Name of the definition of the Environment resource. */
export const DEFINITION = `${PREVIEW_ENVIRONMENT.plural}.${PREVIEW_ENVIRONMENT.group}`;
