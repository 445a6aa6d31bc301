/** `node docs/generate.ts` writes the generated files of the documentation; `--check` fails where one is out of date. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "./generated-files.ts";

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const changed = Object.entries(generatedFiles(checkout)).filter(([path, text]) => {
  const file = join(checkout, path);
  return !existsSync(file) || readFileSync(file, "utf8") !== text;
});

if (process.argv.includes("--check")) {
  for (const [path] of changed) console.error(`${path} is out of date; run \`npm run docs\`.`);
  process.exitCode = changed.length === 0 ? 0 : 1;
} else {
  for (const [path, text] of changed) {
    mkdirSync(dirname(join(checkout, path)), { recursive: true });
    writeFileSync(join(checkout, path), text);
    console.log(`wrote ${path}`);
  }
}
