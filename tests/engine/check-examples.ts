/** `npm run check-examples`: writes the example reports of `terrarium check` into docs/examples. */
import { writeFileSync } from "node:fs";
import { check, CHECK_CASES, commitEverything, examplePath, toExample } from "./check-cases.ts";
import { Checkout, PROJECT } from "./checkout.ts";

for (const example of CHECK_CASES) {
  const checkout = await Checkout.create();
  try {
    commitEverything(checkout);
    example.change(checkout);
    const { code, stdout, stderr } = await check(checkout, example.stacks);
    if (code !== example.exitCode) throw new Error(`${example.name} ended with ${code}: ${stderr}`);
    writeFileSync(examplePath(PROJECT, example), toExample(example, stdout));
    console.log(`wrote ${examplePath(PROJECT, example)}`);
  } finally {
    checkout.remove();
  }
}
