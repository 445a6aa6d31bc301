import {
  PREVIEW_ENVIRONMENT,
  previewEnvironmentManifestSchema,
  previewEnvironmentStatusSchema,
} from "../../spec/index.ts";
import { structuralSchema } from "./structural-schema.ts";

/** Columns of `kubectl get environments`; those of priority 1 only with `-o wide`. */
const COLUMNS = [
  { name: "Phase", type: "string", jsonPath: ".status.phase" },
  { name: "Reason", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
  { name: "Queue", type: "integer", jsonPath: ".status.position", description: "Place in the queue." },
  { name: "URL", type: "string", jsonPath: ".status.url" },
  { name: "Owner", type: "string", jsonPath: ".spec.owner" },
  { name: "Expires", type: "string", jsonPath: ".status.expiresAt" },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  { name: "Repository", type: "string", jsonPath: ".spec.source.repository", priority: 1 },
  { name: "Branch", type: "string", jsonPath: ".spec.source.branch", priority: 1 },
  { name: "Commit", type: "string", jsonPath: ".status.commit", description: "The commit that runs.", priority: 1 },
  { name: "Mode", type: "string", jsonPath: ".spec.mode", priority: 1 },
  { name: "Message", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].message', priority: 1 },
];

/** The CustomResourceDefinition of Environment, made from the schemas of spec/. */
export function environmentDefinition(): object {
  const { group, version, kind, plural, shortName, category } = PREVIEW_ENVIRONMENT;
  const { spec, metadata } = previewEnvironmentManifestSchema.shape;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: [category],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
          schema: {
            openAPIV3Schema: {
              type: "object",
              description: spec.description,
              required: ["spec"],
              properties: {
                apiVersion: { type: "string" },
                kind: { type: "string" },
                metadata: { type: "object", properties: { name: structuralSchema(metadata.shape.name) } },
                spec: structuralSchema(spec),
                status: structuralSchema(previewEnvironmentStatusSchema),
              },
            },
          },
        },
      ],
    },
  };
}
