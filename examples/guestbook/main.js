// The image's one entry: `node main.js <role>`. Node runs the TypeScript of src/ as it is, so there is no build step.
import { main } from "./src/main.ts";

await main(process.argv[2], process.env);
