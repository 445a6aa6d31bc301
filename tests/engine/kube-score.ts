import type { Finding } from "./accepted-findings.ts";
import { run } from "./checkout.ts";

/** kube-score's grade CRITICAL; a check that it could not make has grade 0. */
const CRITICAL = 1;

interface ScoredObject {
  readonly type_meta: { readonly kind: string };
  readonly object_meta: { readonly name: string };
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly path: string; readonly summary: string }[] | null;
  }[];
}

/** What kube-score found in manifests. */
export interface Score {
  /** Number of objects it looked at. */
  readonly objects: number;
  readonly critical: readonly Finding[];
}

/**
 * Runs kube-score on manifests, which cannot switch its checks off.
 *
 * @param kubernetes minor version that the manifests are for, e.g. "v1.34".
 */
export async function score(kubeScore: string, kubernetes: string, files: readonly string[]): Promise<Score> {
  const options = [
    "--output-format",
    "json",
    "--kubernetes-version",
    kubernetes,
    "--disable-ignore-checks-annotations",
  ];
  const result = await run(kubeScore, ["score", ...options, ...files], ".");
  if (!result.stdout.startsWith("["))
    throw new Error(`kube-score ended with ${result.code}: ${result.stdout}${result.stderr}`);
  const objects = JSON.parse(result.stdout) as ScoredObject[];
  const critical = objects.flatMap(({ type_meta, object_meta, checks }) =>
    checks
      .filter(({ grade, skipped }) => grade <= CRITICAL && !skipped)
      .map(({ check, comments }) => ({
        check: check.id,
        object: `${type_meta.kind}/${object_meta.name}`,
        comments: (comments ?? []).map(({ path, summary }) => [path, summary].filter(Boolean).join(": ")).join("; "),
      })),
  );
  return { objects: objects.length, critical };
}
