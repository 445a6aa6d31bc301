import { PATH, STRIP } from "./debian-files.ts";
import type { DebianPackages, RootRecipe } from "./recipe.ts";

/** The same Node as bin/bootstrap installs. */
export const NODE_VERSION = "24.21.0";
const NPM_VERSION = "11.21.2";

/** npm packages that carry Node itself, by Node's name of the processor. */
const nodePackage = `node-linux-${process.arch}@${NODE_VERSION}`;

const RUNTIME: readonly string[] = ["base-files", "ca-certificates", "libc6", "libgcc-s1", "libstdc++6", "tzdata"];
const SHELL: readonly string[] = ["bash", "coreutils", "dash", "findutils", "grep", "libc-bin", "sed"];

/** Joins the authorities' certificates to the one file that programs read, as the package's own script would. */
const JOIN_CERTIFICATES = "cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt";

function debian(names: readonly string[]): DebianPackages {
  return { suite: "trixie", names };
}

/** Debian with Node and npm: where an application is installed and compiled. */
export const nodeBuilder: RootRecipe = {
  packages: debian([...RUNTIME, ...SHELL]),
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

/** Node in the place of distroless: no shell, no package manager, nobody's user. */
export const nodeRuntime: RootRecipe = {
  packages: debian(RUNTIME),
  copy: [{ from: { npm: nodePackage, path: "bin/node" }, to: "nodejs/bin/node" }],
  folders: [{ path: "home/nonroot", owner: 65532, mode: 0o700 }],
  users: { nonroot: { id: 65532, home: "/home/nonroot" } },
  commands: [
    JOIN_CERTIFICATES,
    // The certificates' package brings Perl and OpenSSL's program, and others that only its scripts use.
    "rm -rf usr/bin/* usr/sbin/* usr/share/ca-certificates usr/share/debconf",
    STRIP,
  ],
  config: {
    User: "65532",
    Entrypoint: ["/nodejs/bin/node"],
    Env: [PATH, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
    WorkingDir: "/home/nonroot",
  },
};

/** {@link nodeRuntime} with a shell, for a look inside a running application. */
export const nodeDebug: RootRecipe = {
  ...nodeRuntime,
  packages: debian([...RUNTIME, "busybox"]),
  commands: [
    ...(nodeRuntime.commands ?? []).map((command) =>
      command.replace("usr/bin/* usr/sbin/*", "$(find usr/bin usr/sbin -mindepth 1 ! -name busybox)"),
    ),
    "ln -s busybox usr/bin/sh",
    "mkdir busybox && for applet in $(usr/bin/busybox --list); do ln -s /usr/bin/busybox busybox/$applet; done",
  ],
};
