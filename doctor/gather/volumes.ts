import { type ClusterReader, runKubectl } from "../../stacks/cluster-objects.ts";
import { type Facts, list, type VolumeUsage } from "../facts.ts";

interface Summary {
  readonly pods?: readonly {
    readonly volume?: readonly {
      readonly usedBytes?: number;
      readonly capacityBytes?: number;
      readonly pvcRef?: { readonly name?: string; readonly namespace?: string };
    }[];
  }[];
}

/** Asks the nodes on which pods run how full their volumes are. Not every kind of volume is measured. */
export async function gatherVolumes(
  reader: ClusterReader,
  facts: Pick<Facts, "objects">,
): Promise<Pick<Facts, "volumes" | "unread">> {
  const nodes = [...new Set(list(facts, "Pod").map(({ spec }) => spec?.nodeName))].filter((name) => name !== undefined);
  const answers = await Promise.all(
    nodes.map((node) => runKubectl(reader, ["get", "--raw", `/api/v1/nodes/${node}/proxy/stats/summary`])),
  );
  const unread = answers.every(({ code }) => code === 0)
    ? []
    : [{ source: "how full volumes are", why: "a node's kubelet does not tell" }];
  const summaries = answers.filter(({ code }) => code === 0).map(({ stdout }) => JSON.parse(stdout) as Summary);
  return { volumes: summaries.flatMap(usagesIn), unread };
}

function usagesIn({ pods = [] }: Summary): VolumeUsage[] {
  return pods.flatMap(({ volume = [] }) =>
    volume.flatMap(({ usedBytes = 0, capacityBytes = 0, pvcRef }) =>
      pvcRef?.name === undefined || pvcRef.namespace === undefined
        ? []
        : [{ namespace: pvcRef.namespace, claim: pvcRef.name, usedBytes, capacityBytes }],
    ),
  );
}
