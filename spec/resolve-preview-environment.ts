import type { z } from "zod";
import { annotatedSchema } from "./annotated-schema.ts";
import {
  previewEnvironmentManifestSchema,
  previewEnvironmentSchema,
  type PreviewEnvironmentManifest,
  type ResolvedPreviewEnvironment,
} from "./preview-environment.ts";
import { InvalidSpecError, toProblems } from "./problem.ts";
import { readAsServer } from "./server-reading.ts";

/**
 * Checks the `spec` of an Environment and fills in its defaults. Pure.
 *
 * @throws InvalidSpecError that lists every problem.
 */
export function resolvePreviewEnvironment(spec: unknown): ResolvedPreviewEnvironment {
  return readInput(previewEnvironmentSchema, spec);
}

/**
 * Checks an Environment as people write it. Pure.
 *
 * @returns the manifest as it was given.
 * @throws InvalidSpecError that lists every problem.
 */
export function checkManifest(manifest: unknown): PreviewEnvironmentManifest {
  readInput(previewEnvironmentManifestSchema, manifest);
  return manifest as PreviewEnvironmentManifest;
}

/**
 * Checks what somebody wrote, as the API server reads it, and fills in defaults. Pure.
 *
 * @throws InvalidSpecError that lists every problem.
 */
export function readInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const annotated = annotatedSchema(schema);
  const { value, problems } = readAsServer(input, annotated);
  const parsed = schema.safeParse(value);
  const found = parsed.success ? [] : toProblems(parsed.error.issues, value, () => annotated);
  if (!parsed.success || problems.length > 0) throw new InvalidSpecError([...problems, ...found]);
  return parsed.data;
}
