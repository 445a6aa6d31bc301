import { PREVIEW_ENVIRONMENT } from "../../spec/index.ts";
import { admissionPolicy } from "./admission-policy.ts";
import type { Installation } from "./installation.ts";
import type { Manifest } from "./manifest.ts";
import { clusterNames, SERVICE, userName } from "./names.ts";

/**
 * Which pull request an Environment is of, and which commit of a fork may run, is for those to say who may approve: whoever takes
 * either away or puts it there lets code of strangers run with all that the repository has.
 */
export function approvalManifests({ namespace }: Installation): Manifest[] {
  const { group, version, plural } = PREVIEW_ENVIRONMENT;
  const mayApprove = `authorizer.group('${group}').resource('${plural}').subresource('approve').namespace('${namespace}').name(request.name).check('update').allowed()`;
  const unchanged = ["pullRequest", "approval"].map((field) => {
    const [now, before] = [`has(object.spec.${field})`, `oldObject != null && has(oldObject.spec.${field})`];
    return `(${now} == (${before}) && (!${now} || object.spec.${field} == oldObject.spec.${field}))`;
  });
  return admissionPolicy({
    name: clusterNames(namespace).approvals,
    condition: {
      name: "is-not-the-platform",
      expression: `request.userInfo.username != '${userName(namespace, SERVICE)}'`,
    },
    constraints: {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
      resourceRules: [
        { apiGroups: [group], apiVersions: [version], operations: ["CREATE", "UPDATE"], resources: [plural] },
      ],
    },
    validation: {
      expression: `(${unchanged.join(" && ")}) || ${mayApprove}`,
      message: `spec.pullRequest and spec.approval are written by the platform service and by those who may update ${plural}/approve.`,
    },
  });
}
