"use strict";

// Pulumi requires the pack, and would compile TypeScript each time. Node runs it as it is.
if (!process.features.typescript) {
  throw new Error(
    `The policy pack needs Node 22.19 or newer; this is ${process.version}. Put a newer node first on PATH.`,
  );
}
module.exports = import("./pack.ts");
