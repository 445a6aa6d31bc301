import { JOIN_CERTIFICATES, pathWith, RUNTIME, SHELL, STRIP } from "./debian-files.ts";
import type { RootRecipe } from "./recipe.ts";

/** As in the official image. */
const CARGO_HOME = "/usr/local/cargo";

/**
 * Debian's Rust, and the C compiler that links for it: where a service is compiled.
 *
 * @see https://github.com/rust-lang/docker-rust
 */
export const rustBuilder: RootRecipe = {
  packages: { suite: "trixie", names: [...RUNTIME, ...SHELL, "cargo", "gcc", "libc6-dev"] },
  // An installation script of Debian's makes this link.
  links: { "usr/bin/cc": "gcc" },
  folders: [{ path: CARGO_HOME.slice(1) }],
  commands: [JOIN_CERTIFICATES, STRIP],
  config: { Cmd: ["bash"], Env: [pathWith(`${CARGO_HOME}/bin`), `CARGO_HOME=${CARGO_HOME}`] },
};
