import { PREVIEW_ENVIRONMENT, SNAPSHOT_GROUP } from "../../spec/index.ts";
import { ACTIVATOR } from "../names.ts";
import { admissionPolicy } from "./admission-policy.ts";
import type { Installation } from "./installation.ts";
import type { Manifest } from "./manifest.ts";
import { clusterNames, SERVICE, userName } from "./names.ts";

/**
 * Holds every write of the service and its operations to namespaces of environments and to the platform's own: roles can't tell
 * namespaces by their names. Without it, the right to make namespaces and to bind one role in them is cluster-wide.
 */
export function admissionManifests(installation: Installation): Manifest[] {
  const { namespace, config } = installation;
  return [...writesManifests(installation), ...(config.sleep.activator ? activatorManifests(namespace) : [])];
}

function writesManifests({ namespace, config }: Installation): Manifest[] {
  const users = [...new Set([SERVICE, config.runner.job.serviceAccount])].map((each) => userName(namespace, each));
  const prefix = PREVIEW_ENVIRONMENT.namespacePrefix;
  const isNamespace = "request.resource.group == '' && request.resource.resource == 'namespaces'";
  const isContent = `request.resource.group == '${SNAPSHOT_GROUP}' && request.resource.resource == 'volumesnapshotcontents'`;
  const isNamedSo = `has(request.name) && request.name.startsWith('${prefix}')`;
  // What the storage system has is left alone.
  const isHarmless = `(request.operation == 'DELETE' || (object.spec.deletionPolicy == 'Retain' && object.spec.volumeSnapshotRef.namespace.startsWith('${prefix}')))`;
  const isTheirs = `has(request.namespace) && (request.namespace == '${namespace}' || request.namespace.startsWith('${prefix}'))`;
  return admissionPolicy({
    name: clusterNames(namespace).policy,
    condition: {
      name: "is-the-platform",
      expression: `request.userInfo.username in [${users.map((user) => `'${user}'`).join(", ")}]`,
    },
    constraints: {
      // Questions to the API server, which change nothing.
      excludeResourceRules: [
        {
          apiGroups: ["authentication.k8s.io", "authorization.k8s.io"],
          apiVersions: ["*"],
          operations: ["CREATE"],
          resources: ["tokenreviews", "subjectaccessreviews"],
        },
      ],
    },
    validation: {
      expression: `(${isNamespace}) ? ${isNamedSo} : (${isContent}) ? ${isNamedSo} && ${isHarmless} : ${isTheirs}`,
      message: `The platform service writes to namespaces whose names start with ${prefix}, and to ${namespace}.`,
    },
  });
}

/** Holds the activator, which takes requests from anywhere, to the one field of a status that is its own. */
function activatorManifests(namespace: string): Manifest[] {
  const isSame = "k in oldObject.status && object.status[k] == oldObject.status[k]";
  return admissionPolicy({
    name: clusterNames(namespace).activator,
    condition: {
      name: "is-the-activator",
      expression: `request.userInfo.username == '${userName(namespace, ACTIVATOR)}'`,
    },
    validation: {
      expression: `has(object.status) && has(oldObject.status) && object.status.all(k, k == 'lastRequestAt' || (${isSame})) && oldObject.status.all(k, k in object.status)`,
      message: "The activator writes status.lastRequestAt of Environments, and nothing else.",
    },
  });
}
