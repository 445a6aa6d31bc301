import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Environment, type TransformedChild } from "../../components/index.ts";

/** Set for manifests in a folder instead of objects in a cluster. */
const render = process.env["TERRARIUM_RENDER"];

/** The cluster must be named: the current context of the kubeconfig is never used by itself. */
const provider = new k8s.Provider(
  "cluster",
  render === undefined ? { context: new pulumi.Config().require("context") } : { renderYamlToDirectory: render },
);

const environment = new Environment(
  `shop-${pulumi.getStack()}`,
  {
    // The same description as in a stack file, with the same checks; code can compute any part of it.
    spec: {
      name: `shop-${pulumi.getStack()}`,
      application: "shop",
      tier: "dev",
      services: {
        "shop-backend": {
          image: "ghcr.io/acme/shop-api:2.3.0",
          calls: ["postgres"],
          env: { REGIONS: ["eu", "us"].join(",") },
        },
        ...workers(["mail", "invoices"]),
      },
      dataStores: { postgres: { engine: "postgres", storage: { size: "2Gi" } } },
      observability: { enabled: false },
    },
    transform: tolerateSpotNodes,
  },
  { provider },
);

export const namespace = environment.namespace;
export const urls = environment.urls;

/** One worker for each queue, all of one image. */
function workers(queues: readonly string[]): Record<string, { image: string; args: string[]; calls: string[] }> {
  return Object.fromEntries(
    queues.map((queue) => [
      `${queue}-worker`,
      { image: "ghcr.io/acme/shop-worker:2.3.0", args: ["--queue", queue], calls: ["postgres"] },
    ]),
  );
}

/** The parts of a Deployment that the transform below changes. */
interface WithPod {
  readonly template: { readonly spec: pulumi.Input<k8s.types.input.core.v1.PodSpec> };
}

/**
 * The escape hatch: what no key describes is set on the objects themselves. Here workers may run on spot nodes. Only the
 * pod is awaited: what is around it holds values that a preview does not know yet.
 */
function tolerateSpotNodes({ type, name, props }: TransformedChild): Record<string, unknown> | undefined {
  if (type !== "kubernetes:apps/v1:Deployment" || !name.endsWith("-worker-deployment")) return undefined;
  const deployment = props["spec"] as WithPod;
  const tolerations = [{ key: "example.com/spot", operator: "Exists", effect: "NoSchedule" }];
  const pod = pulumi.output(deployment.template.spec).apply((plain) => ({ ...plain, tolerations }));
  return { ...props, spec: { ...deployment, template: { ...deployment.template, spec: pod } } };
}
