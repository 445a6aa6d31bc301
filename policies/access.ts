import { podRule, when, type ObjectRule } from "./rule.ts";

const GROUP = "rbac.authorization.k8s.io";

/** Rules about what pods and people may do in the cluster. */
export const accessRules: readonly ObjectRule[] = [
  {
    name: "no-rbac-wildcards",
    title: "Roles name what they allow.",
    why: "A wildcard allows what nobody has thought of, and what later versions of the cluster add.",
    fix: "List what is needed",
    check: (object) => {
      if (!object.is("Role", GROUP) && !object.is("ClusterRole", GROUP)) return [];
      return object.root
        .at("rules")
        .items.flatMap((rule) =>
          ["apiGroups", "resources", "verbs", "nonResourceURLs"].flatMap((part) =>
            rule.at(part).items.flatMap((item) => when(item.text?.includes("*") === true, item, `is ${item.text}`)),
          ),
        );
    },
  },
  {
    name: "no-cluster-admin",
    title: "Nobody is bound to cluster-admin.",
    why: "It may do everything with everything.",
    fix: "Bind a role that lists what is needed",
    check: (object) => {
      if (!object.is("RoleBinding", GROUP) && !object.is("ClusterRoleBinding", GROUP)) return [];
      const role = object.root.at("roleRef", "name");
      return when(role.text === "cluster-admin", role, "is cluster-admin");
    },
  },
  podRule(
    {
      name: "no-default-service-account",
      title: "Pods have a service account of their own.",
      why: "What is granted to the account “default” is granted to every pod of the namespace that names none.",
      fix: "Name a ServiceAccount that is made for them",
    },
    ({ spec }) => {
      const account = spec.at("serviceAccountName");
      const problem = account.isMissing ? "is missing, which means default" : "is default";
      return when(account.isMissing || account.text === "default", account, problem);
    },
  ),
];
