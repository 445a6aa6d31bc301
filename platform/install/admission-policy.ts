import type { Manifest } from "./manifest.ts";

/** What an admission policy judges, and by what. Expressions are CEL. */
export interface AdmissionPolicyArgs {
  readonly name: string;
  /** Whose requests, or which others, it judges at all. */
  readonly condition: { readonly name: string; readonly expression: string };
  /** Requests that it judges, as Kubernetes selects them. @default all that write */
  readonly constraints?: object;
  /** What a request has to be; the message is for who made one that is not. */
  readonly validation: { readonly expression: string; readonly message: string };
}

const EVERY_WRITE = {
  resourceRules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"] }],
};

/**
 * A policy that the API server holds requests to, and what puts it into force. Where it can't be asked, nothing is admitted.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function admissionPolicy({ name, condition, constraints, validation }: AdmissionPolicyArgs): Manifest[] {
  return [
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: { ...EVERY_WRITE, ...constraints },
        matchConditions: [condition],
        validations: [{ ...validation, reason: "Forbidden" }],
      },
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: name, validationActions: ["Deny"] },
    },
  ];
}
