import { code, fence, heading, table } from "../spec/markdown.ts";
import { referenceRows } from "../spec/reference.ts";
import { platformConfigJsonSchema } from "./config.ts";

/** The whole schema as one section; nothing in it depends on the tier. */
const WHOLE = { title: "", anchor: "", path: "", schema: "", within: [], specimen: [""], intro: "", example: "" };

/**
 * Writes the reference of the platform's configuration: every key with type, default and meaning.
 *
 * @returns Markdown.
 * @throws Error that names a key without a description.
 */
export function platformConfigurationReference(): string {
  const rows = referenceRows(WHOLE, platformConfigJsonSchema()).map((row) => {
    if (row.description === "") throw new Error(`${row.path} has no description; add .meta({ description }).`);
    return [code(row.path), row.type, row.default, row.description];
  });
  return [HEAD, heading("Keys", "keys"), table(["Key", "Type", "Default", "Meaning"], rows), TAIL].join("\n\n");
}

const HEAD = `# Platform configuration

Generated from the schema by \`npm run docs\`; \`make test\` fails when it is out of date.

What the platform service is told, as a YAML file: \`terrarium platform run --config FILE\`. It is checked completely before
anything starts. The service reads it again whenever the file changes; a new one that is wrong changes nothing and is said in
the log. \`namespace\`, \`http\` and \`runner\` count after a restart only.

${fence(`
repositories:
  https://git.example.com/team/shop:
    base: shop.yaml
    images: { registry.example.com/team/shop: "{commit}" }
    cap: 10
caps: { global: 100, perUser: 3 }
ttl: { default: 72h, max: 14d }
url: https://{name}.preview.example.com
`)}

Time spans are whole numbers with a unit: \`30s\`, \`10m\`, \`72h\`, \`7d\`.`;

const TAIL = `<a id="quantities"></a>

## Quantities

Kubernetes quantities, as in a stack's [configuration](configuration.md#quantities).

<a id="base"></a>

## What an environment of a repository is made of

The description that \`base\` holds, with name and tier set by the platform (\`preview-<name>\`, \`dev\`), the tags of \`images\` filled
in, and the \`overrides\` of the Environment laid over it. Observability is off unless \`base\` turns it on. Data stores are removed
with their environment.

<a id="files"></a>

## Files

Secrets stand in no configuration: \`runner.state.addressFile\`, \`runner.state.passphraseFile\` and the \`secretFiles\` of each repository
name the files that hold them. Values of \`secretFiles\` go into the Secrets of an environment's services and, encrypted, into its
stack's state, and nowhere else. An update reads them: a value that has changed counts in environments that are updated afterwards.
`;
