import { JOIN_CERTIFICATES, PATH, RUNTIME, SHELL, STRIP } from "./debian-files.ts";
import { ccRuntime, withShell } from "./distroless-images.ts";
import type { RootRecipe } from "./recipe.ts";

/** The same Node as bin/bootstrap installs. */
export const NODE_VERSION = "24.21.0";
const NPM_VERSION = "11.21.2";

/** npm packages that carry Node itself, by Node's name of the processor. */
const nodePackage = `node-linux-${process.arch}@${NODE_VERSION}`;

/** Debian with Node and npm: where an application's packages are installed. */
export const nodeBuilder: RootRecipe = {
  packages: { suite: "trixie", names: [...RUNTIME, ...SHELL] },
  copy: [
    { from: { npm: nodePackage, path: "bin/node" }, to: "usr/local/bin/node" },
    { from: { npm: `npm@${NPM_VERSION}`, path: "." }, to: "usr/local/lib/node_modules/npm" },
  ],
  links: {
    "usr/local/bin/npm": "../lib/node_modules/npm/bin/npm-cli.js",
    "usr/local/bin/npx": "../lib/node_modules/npm/bin/npx-cli.js",
  },
  folders: [{ path: "home/node", owner: 1000 }],
  users: { node: { id: 1000, home: "/home/node" } },
  commands: [JOIN_CERTIFICATES, STRIP],
  config: { Cmd: ["node"], Env: [PATH] },
};

/** Node in the place of distroless "nodejs". */
export const nodeRuntime: RootRecipe = {
  ...ccRuntime,
  copy: [{ from: { npm: nodePackage, path: "bin/node" }, to: "nodejs/bin/node" }],
  config: { ...ccRuntime.config, Entrypoint: ["/nodejs/bin/node"] },
};

/** {@link nodeRuntime} with a shell. */
export const nodeDebug: RootRecipe = withShell(nodeRuntime);
