"use strict";

// The real module, as Pulumi's SDK would find it, is loaded with the first look at what it exports.
const real = () => require(require.resolve("typescript", { paths: [require.resolve("@pulumi/pulumi")] }));

module.exports = new Proxy(
  {},
  {
    get: (_, name) => (name === "__esModule" ? true : real()[name]),
    has: (_, name) => name in real(),
  },
);
