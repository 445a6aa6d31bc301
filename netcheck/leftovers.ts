import { CANARY_LIFETIME_SECONDS, TEST_NAMESPACE_PREFIX } from "./canary-pod.ts";
import type { CanaryCluster, TestNamespace } from "./cluster.ts";
import { groupBy } from "./group-by.ts";
import { isProvenDead } from "./owner.ts";

/**
 * Removes what runs that were killed left behind: canaries, opening policies and namespaces older than a canary's life, or whose owner is
 * proven dead. What belongs to a run that may be alive is not touched.
 *
 * @returns how many were removed.
 */
export async function removeLeftovers(cluster: CanaryCluster, nowMs = Date.now()): Promise<number> {
  const isLeft = async ({ createdAtMs, owner }: TestNamespace): Promise<boolean> =>
    nowMs - createdAtMs > CANARY_LIFETIME_SECONDS * 1000 || (await isProvenDead(owner));
  const left = async <T extends TestNamespace>(all: readonly T[]): Promise<T[]> => {
    const verdicts = await Promise.all(all.map(isLeft));
    return all.filter((_, index) => verdicts[index]);
  };
  const [pods, openings, namespaces] = await Promise.all([
    cluster.listCanaries().then(left),
    cluster.listOpenings().then(left),
    cluster.listTestNamespaces().then(left),
  ]);
  const gone = namespaces.filter(({ name }) => name.startsWith(TEST_NAMESPACE_PREFIX)).map(({ name }) => name);
  const objects = [
    ...pods.map(({ namespace, name }) => ({ namespace, object: `pod/${name}` })),
    ...openings.map(({ namespace, name }) => ({ namespace, object: `networkpolicy/${name}` })),
  ].filter(({ namespace }) => !gone.includes(namespace));
  await Promise.all([
    ...gone.map((name) => cluster.deleteNamespace(name)),
    ...[...groupBy(objects, ({ namespace }) => namespace)].map(([namespace, found]) =>
      cluster.deleteAll(
        namespace,
        found.map(({ object }) => object),
      ),
    ),
  ]);
  return gone.length + objects.length;
}
