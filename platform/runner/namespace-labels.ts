import type { Transform } from "../../components/index.ts";
import { PREVIEW_ENVIRONMENT } from "../../spec/index.ts";
import { environmentOf } from "../domain/names.ts";
import type { OperationTask, TaskSettings } from "./task.ts";

/** Labels of the namespaces that an operation makes: by them, and by nothing else, the platform knows later what is its own. */
export function namespaceLabels({
  request,
  settings,
}: Pick<OperationTask, "request"> & { readonly settings: Pick<TaskSettings, "platform"> }): Readonly<
  Record<string, string>
> {
  const { labels } = PREVIEW_ENVIRONMENT;
  return {
    [labels.environment]: environmentOf(request.namespace) ?? request.namespace,
    [labels.platform]: settings.platform,
  };
}

/** Gives labels to namespaces. */
export function labelNamespaces(labels: Readonly<Record<string, string>>): Transform {
  return ({ type, props }) => {
    if (type !== "kubernetes:core/v1:Namespace") return undefined;
    const metadata = props["metadata"] as { readonly labels?: Readonly<Record<string, string>> };
    return { ...props, metadata: { ...metadata, labels: { ...metadata.labels, ...labels } } };
  };
}
