import type { Field } from "./field.ts";
import type { KubeObject } from "./kube-object.ts";
import { podOf, type Container } from "./pod.ts";
import type { Finding, ObjectRule } from "./rule.ts";
import { namedSecret, secretIn, type SecretShape } from "./secret-values.ts";

/** Rules about secrets in the clear. */
export const secretRules: readonly ObjectRule[] = [
  {
    name: "no-secrets-in-the-clear",
    title: "Secrets stand in Secrets, not in variables, arguments or ConfigMaps.",
    why: "Whoever may look at a workload or a ConfigMap reads them, and so do logs, dashboards and process lists. The rule knows the shapes of common tokens and keys, names such as DB_PASSWORD, passwords in addresses, and values that look random; it never repeats a value.",
    fix: "Keep it in a Secret, and refer to that with secretKeyRef, a mounted file or envFrom. If it was real, replace it: it has been seen",
    check: (object) => [
      ...(object.is("ConfigMap", "") ? inConfigMap(object) : []),
      ...(podOf(object)?.containers ?? []).flatMap((container) => [
        ...inVariables(container),
        ...inArguments(container),
      ]),
    ],
  },
];

function inConfigMap({ root }: KubeObject): Finding[] {
  const files = root.at("data").entries.flatMap(([key, field]) => found(field, secretIn(field.text ?? "", key)));
  const binaries = root
    .at("binaryData")
    .entries.flatMap(([key, field]) =>
      found(field, secretIn(Buffer.from(field.text ?? "", "base64").toString("latin1"), key)),
    );
  return [...files, ...binaries];
}

function inVariables({ field }: Container): Finding[] {
  return field.at("env").items.flatMap((variable) => {
    const value = variable.at("value");
    return found(value, secretIn(value.text ?? "", variable.at("name").text ?? ""));
  });
}

/** Options give values after an equals sign, or in the argument after them. */
function inArguments({ field }: Container): Finding[] {
  return ["command", "args"].flatMap((list) => {
    const items = field.at(list).items;
    return items.flatMap((item, index) => {
      const text = item.text ?? "";
      const [, option = "", value = ""] = /^(?:-{1,2})?([A-Za-z][\w.-]*)=([^]*)$/.exec(text) ?? [];
      const before = /^-{1,2}([A-Za-z][\w.-]*)$/.exec(items[index - 1]?.text ?? "")?.[1] ?? "";
      const isOption = text.startsWith("-");
      const shape = namedSecret(option, value) ?? (isOption ? undefined : namedSecret(before, text)) ?? secretIn(text);
      return found(item, shape);
    });
  });
}

function found(at: Field, shape: SecretShape | undefined): Finding[] {
  return shape === undefined ? [] : [{ at, problem: `holds ${shape} in the clear` }];
}
