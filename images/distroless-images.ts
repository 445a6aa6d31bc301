import { JOIN_CERTIFICATES, PATH, RUNTIME, STRIP } from "./debian-files.ts";
import type { RootRecipe } from "./recipe.ts";

/** Every program of the packages: the certificates' one brings Perl and OpenSSL's program, and others that its scripts use. */
const PROGRAMS = "usr/bin/* usr/sbin/*";

/**
 * The libraries that compiled programs need, in the place of distroless "cc": no shell, no package manager, nobody's user.
 *
 * @see https://github.com/GoogleContainerTools/distroless/blob/main/cc/README.md
 */
export const ccRuntime: RootRecipe = {
  packages: { suite: "trixie", names: RUNTIME },
  folders: [{ path: "home/nonroot", owner: 65532, mode: 0o700 }],
  users: { nonroot: { id: 65532, home: "/home/nonroot" } },
  commands: [
    JOIN_CERTIFICATES,
    `rm -rf ${PROGRAMS} etc/apt etc/dpkg usr/share/ca-certificates usr/share/debconf`,
    STRIP,
  ],
  config: {
    User: "65532",
    Env: [PATH, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
    WorkingDir: "/home/nonroot",
  },
};

/** {@link ccRuntime} with a shell. */
export const ccDebug: RootRecipe = withShell(ccRuntime);

/** A distroless image with BusyBox in /busybox, for a look inside a running application. */
export function withShell(recipe: RootRecipe): RootRecipe {
  return {
    ...recipe,
    packages: { suite: "trixie", names: [...RUNTIME, "busybox"] },
    config: {
      ...recipe.config,
      Env: (recipe.config.Env ?? []).map((variable) => (variable === PATH ? `${PATH}:/busybox` : variable)),
    },
    commands: [
      ...(recipe.commands ?? []).map((command) =>
        command.replace(PROGRAMS, "$(find usr/bin usr/sbin -mindepth 1 ! -name busybox)"),
      ),
      "ln -s busybox usr/bin/sh",
      "mkdir busybox",
      "names=$(chroot . /usr/bin/busybox --list); for name in $names; do ln -s /usr/bin/busybox busybox/$name; done",
    ],
  };
}
