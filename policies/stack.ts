import { mayShareNamespace, type KubeObject } from "./kube-object.ts";
import { podOf, type Pod } from "./pod.ts";

/** All objects that belong together, as far as they are known. */
export class Stack {
  readonly objects: readonly KubeObject[];
  /** Whether there are objects of which nothing is known, such as those of a Helm release. */
  readonly isPartial: boolean;
  readonly pods: readonly Pod[];

  constructor(objects: readonly KubeObject[], { isPartial = false } = {}) {
    this.objects = objects;
    this.isPartial = isPartial;
    this.pods = objects.flatMap((object) => podOf(object) ?? []);
  }

  /** The objects of one kind that are whole. */
  ofKind(kind: string, group: string): KubeObject[] {
    return this.objects.filter((object) => object.is(kind, group) && !object.isPatch);
  }

  /** The pods that may be in an object's namespace. */
  podsBeside(object: KubeObject): Pod[] {
    return this.pods.filter((pod) => mayShareNamespace(pod.object, object));
  }
}
