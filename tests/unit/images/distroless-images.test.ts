import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ccDebug, ccRuntime } from "../../../images/distroless-images.ts";
import { nodeDebug, nodeRuntime } from "../../../images/node-images.ts";
import type { RootRecipe } from "../../../images/recipe.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

describe("the images in the place of distroless", () => {
  const scratch = useScratchFolder();

  /** What a recipe's commands leave of programs, in a folder that has some of what its packages bring. */
  const programsAfter = (recipe: RootRecipe): string[] => {
    const programs = [
      "usr/bin/bash",
      "usr/bin/dpkg",
      "usr/bin/apt-get",
      "usr/bin/perl5.40",
      "usr/bin/busybox",
      "usr/sbin/update-ca-certificates",
    ];
    for (const name of programs)
      chmodSync(scratch().file(`root/${name}`, "#!/bin/sh\n${IN_IMAGE:?} && printf 'sh\\nwget\\n'\n"), 0o755);
    scratch().file("root/var/lib/dpkg/status", "");
    scratch().file("root/usr/share/ca-certificates/mozilla/a.crt", "A\n");
    scratch().file("root/etc/ssl/certs/none", "");
    for (const name of ["hostname", "resolv.conf"]) scratch().file(`root/etc/${name}`, "of this machine");
    const root = join(scratch().path, "root");
    // Programs of the image do not run on this machine itself: their C library is another one.
    scratch().program("chroot", 'root=$1 program=$2; shift 2; IN_IMAGE=true exec "$root$program" "$@"');
    for (const command of recipe.commands ?? [])
      execFileSync("sh", ["-eu", "-c", command], { cwd: root, env: scratch().env });
    for (const path of ["var/lib/dpkg", "etc/hostname", "etc/resolv.conf"])
      assert.equal(existsSync(join(root, path)), false, path);
    assert.equal(readFileSync(join(root, "etc/ssl/certs/ca-certificates.crt"), "utf8"), "A\n");
    const folders = ["usr/bin", "usr/sbin", "busybox"].filter((folder) => existsSync(join(root, folder)));
    return folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)).sort();
  };

  it("have no shell, no package manager and no other program", () => {
    assert.deepEqual(programsAfter(ccRuntime), []);
    assert.deepEqual(programsAfter(nodeRuntime), []);
  });

  it("have a shell and BusyBox's programs in the debug variant, and no package manager", () => {
    const shell = ["busybox/sh", "busybox/wget", "usr/bin/busybox", "usr/bin/sh"];
    assert.deepEqual(programsAfter(ccDebug), shell);
    for (const { config } of [ccDebug, nodeDebug]) assert.match(config.Env?.[0] ?? "", /^PATH=\/.*:\/bin:\/busybox$/);
  });

  it("run as nobody, the debug variant too", () => {
    for (const { config, users } of [ccRuntime, ccDebug, nodeRuntime, nodeDebug]) {
      assert.equal(config.User, "65532");
      assert.equal(users?.["nonroot"]?.id, 65532);
    }
  });
});
