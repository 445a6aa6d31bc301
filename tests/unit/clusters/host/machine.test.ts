import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { otherCheckout, releaseMachine } from "../../../../clusters/host/claim.ts";
import { type MachineFacts, machineRefusal } from "../../../../clusters/host/machine.ts";
import { installRefusal, missingPackages } from "../../../../clusters/host/packages.ts";
import { localPaths } from "../../../../clusters/local-paths.ts";
import { useScratchFolder } from "../scratch-folder.ts";

const good: MachineFacts = {
  platform: "linux",
  userId: 0,
  overlays: true,
  cgroups: true,
  networkNamespaces: true,
  privileged: true,
  checkoutFilesystem: 0xef53,
  missingPackages: [],
  canInstall: true,
};

describe("a machine for a host cluster", () => {
  it("is a Linux machine of root with the kernel's container features", () => {
    assert.equal(machineRefusal(good), undefined);
  });

  it("is refused with what it lacks", () => {
    assert.equal(machineRefusal({ ...good, platform: "darwin" }), "it runs on Linux only");
    assert.match(machineRefusal({ ...good, userId: 1000 }) ?? "", /needs root; run the command as root/);
    assert.equal(
      machineRefusal({ ...good, overlays: false, cgroups: false, networkNamespaces: false }),
      "the kernel does not offer overlay file systems and control groups at /sys/fs/cgroup and network namespaces",
    );
    assert.match(machineRefusal({ ...good, privileged: false }) ?? "", /container without privileges/);
    assert.match(machineRefusal({ ...good, checkoutFilesystem: 0x794c7630 }) ?? "", /clone it to a disk or a volume/);
  });

  it("is refused while another checkout has its host cluster, by that checkout's name", () => {
    assert.equal(
      machineRefusal({ ...good, otherCheckout: "/home/a/terrarium" }),
      "the checkout /home/a/terrarium has this machine's host cluster, and there can be only one; run `terrarium down` there first",
    );
  });

  it("may lack packages where apt-get can install them", () => {
    const lacking = { ...good, missingPackages: ["containerd", "runc"] };
    assert.equal(machineRefusal(lacking), undefined);
    assert.equal(
      machineRefusal({ ...lacking, canInstall: false }),
      "it needs programs of these Debian packages, and there is no apt-get to install them: containerd, runc",
    );
  });
});

describe("the packages of a host cluster", () => {
  it("are each named once, however many of their programs are missing", () => {
    assert.deepEqual(
      missingPackages(() => false),
      [
        ...["conntrack", "containerd", "containernetworking-plugins", "iproute2", "ipset"],
        ...["iptables", "nftables", "openssl", "runc"],
      ],
    );
  });

  it("are not missing where a distribution has a program in another folder", () => {
    assert.deepEqual(
      missingPackages((path) => !["/usr/sbin/ip", "/usr/sbin/runc"].includes(path)),
      [],
    );
  });

  it("can be installed with apt-get only", () => {
    assert.equal(
      installRefusal(["runc"], (path) => path === "/usr/bin/apt-get"),
      undefined,
    );
    assert.match(installRefusal(["runc"], () => false) ?? "", /no apt-get to install them: runc$/);
  });
});

describe("the claim on a machine", () => {
  const scratch = useScratchFolder();

  it("is another checkout's while that one has a cluster, and nobody's after the checkout was deleted", () => {
    const paths = localPaths(scratch().path);
    const other = {
      checkout: "/home/a/terrarium",
      host: `${scratch().path}/other/host`,
      clusterName: "terrarium-00000000",
    };
    const claim = scratch().file("claim.json", JSON.stringify(other));
    assert.equal(otherCheckout(paths, claim), undefined);
    scratch().file("other/host/plan.json", "{}");
    assert.equal(otherCheckout(paths, claim), "/home/a/terrarium");
  });

  it("is given back by its owner only", () => {
    const paths = localPaths(scratch().path);
    const claim = scratch().file(
      "claim.json",
      JSON.stringify({ checkout: "/home/a/terrarium", host: "/h", clusterName: "c" }),
    );
    releaseMachine(paths, claim);
    assert.equal(existsSync(claim), true);
    releaseMachine({ ...paths, checkout: "/home/a/terrarium" }, claim);
    assert.equal(existsSync(claim), false);
  });
});
