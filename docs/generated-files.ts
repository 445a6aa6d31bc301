import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { openApiDocument } from "../platform/api/openapi.ts";
import { platformConfigurationReference } from "../platform/config-reference.ts";
import { environmentDefinition } from "../platform/crd/definition.ts";
import { policyReference } from "../policies/reference.ts";
import {
  environmentJsonSchema,
  resolveEnvironment,
  toEnvironmentSpec,
  type ResolvedEnvironment,
} from "../spec/index.ts";
import { drawEnvironment } from "../spec/environment-graph.ts";
import { previewEnvironmentReference } from "../spec/preview-environment-reference.ts";
import { configurationReference, type DeclaredKey } from "../spec/reference.ts";

const DEFINITION_HEAD = "# Generated from spec/preview-environment.ts by `npm run docs`.\n";

/**
 * Every file that is generated from code: documentation, and the definition of the Environment resource.
 *
 * @param checkout folder of Pulumi.yaml.
 * @returns text by path below the checkout.
 */
export function generatedFiles(checkout: string): Record<string, string> {
  const project = readYaml(join(checkout, "Pulumi.yaml")) as { config: Record<string, DeclaredKey> };
  return {
    "docs/reference/configuration.md": configurationReference({
      schema: environmentJsonSchema(),
      stackKeys: project.config,
    }),
    "docs/reference/preview-environments.md": previewEnvironmentReference(),
    "docs/reference/platform-configuration.md": platformConfigurationReference(),
    "docs/reference/openapi.json": `${JSON.stringify(openApiDocument(), null, 2)}\n`,
    "docs/reference/policies.md": policyReference(),
    "platform/crd/environments.yaml": `${DEFINITION_HEAD}${stringify(environmentDefinition(), { lineWidth: 120 })}`,
    "docs/guestbook.svg": drawEnvironment(stackEnvironment(checkout, "dev")),
  };
}

/** The environment that a stack of the checkout describes. */
function stackEnvironment(checkout: string, stack: string): ResolvedEnvironment {
  const { name: project } = readYaml(join(checkout, "Pulumi.yaml")) as { name: string };
  const file = readYaml(join(checkout, `Pulumi.${stack}.yaml`)) as { config: Record<string, unknown> };
  const config = Object.fromEntries(
    Object.entries(file.config).map(([key, value]) => [key.replace(`${project}:`, ""), value]),
  );
  const base = typeof config["base"] === "string" ? readYaml(join(checkout, config["base"])) : undefined;
  return resolveEnvironment(toEnvironmentSpec({ stack, project, config, base }));
}

function readYaml(path: string): unknown {
  return parse(readFileSync(path, "utf8"));
}
