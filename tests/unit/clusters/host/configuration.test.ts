import assert from "node:assert/strict";
import { controlPlane } from "../../../../clusters/host/control-plane.ts";
import { dnsObjects } from "../../../../clusters/host/dns.ts";
import { containerdOf, hostLayout } from "../../../../clusters/host/layout.ts";
import {
  containerdConfiguration,
  kubeletConfiguration,
  nodeServices,
} from "../../../../clusters/host/node-services.ts";
import { chooseNetworks, machineNames, portsFrom } from "../../../../clusters/host/plan.ts";
import { storageObjects } from "../../../../clusters/host/storage.ts";

const paths = { host: "/src/a/.terrarium/host", clusterName: "terrarium-0123abcd" };
const layout = hostLayout(paths);
const plan = {
  networks: chooseNetworks([]),
  ports: portsFrom([20001, 20002, 20003, 20004, 20005, 20006, 20007, 20008]),
  ...machineNames(paths.clusterName),
  podNetwork: "calico",
} as const;
const services = [
  ...controlPlane({ layout, plan, tool: (name) => `/t/${name}` }),
  ...nodeServices({ layout, plan, tool: (name) => `/t/${name}` }),
];
const argsOf = (name: string): readonly string[] => services.find((service) => service.name === name)?.args ?? [];

describe("the configuration of a host cluster", () => {
  it("offers the API server and the kubelet at the node's address, and everything else on loopback", () => {
    assert.ok(argsOf("kube-apiserver").includes("--bind-address=172.31.0.1"));
    assert.deepEqual((kubeletConfiguration(layout, plan) as { address: string }).address, "172.31.0.1");
    assert.ok(argsOf("etcd").includes("--listen-client-urls=https://127.0.0.1:20003"));
    assert.ok(argsOf("kube-scheduler").includes("--bind-address=127.0.0.1"));
    assert.ok(argsOf("kube-controller-manager").includes("--bind-address=127.0.0.1"));
    assert.ok(argsOf("kube-proxy").includes("--nodeport-addresses=172.31.0.1/32"));
  });

  it("offers Felix's metrics where Prometheus looks for them on each node, and its health on loopback", () => {
    const { env = {} } = services.find(({ name }) => name === "calico-felix") ?? {};
    const of = (what: string) => [env[`FELIX_${what}ENABLED`], env[`FELIX_${what}HOST`], env[`FELIX_${what}PORT`]];
    assert.deepEqual(of("PROMETHEUSMETRICS"), ["true", "172.31.0.1", "9091"]);
    assert.deepEqual(of("HEALTH"), ["true", "127.0.0.1", "20008"]);
  });

  it("lets nobody without a certificate write into the store", () => {
    assert.ok(argsOf("etcd").includes("--client-cert-auth=true"));
    assert.ok(argsOf("etcd").includes("--peer-client-cert-auth=true"));
  });

  it("starts nothing before what it reads from is there", () => {
    const gates = Object.fromEntries(services.map(({ name, gate }) => [name, gate?.replace(`${layout.gates}/`, "")]));
    assert.deepEqual(gates, {
      etcd: undefined,
      "kube-apiserver": undefined,
      "kube-controller-manager": "api-server",
      "kube-scheduler": "api-server",
      containerd: undefined,
      kubelet: "api-server",
      "kube-proxy": "api-server",
      "calico-felix": "calico",
    });
  });

  it("has a kubelet that resizes no pods, which it cannot without a control group for each", () => {
    const { cgroupsPerQOS, featureGates } = kubeletConfiguration(layout, plan) as Record<string, unknown>;
    assert.equal(cgroupsPerQOS, false);
    assert.deepEqual(featureGates, { InPlacePodVerticalScaling: false });
  });

  it("hands no variable of the user's environment on", () => {
    for (const { env } of services) assert.equal(env["HTTP_PROXY"] ?? env["HTTPS_PROXY"] ?? env["USER"], undefined);
  });

  it("keeps the container runtime's files in the cluster's folders", () => {
    const text = containerdConfiguration(layout);
    const folders = [...text.matchAll(/^\s*(?:root|state|address|path|bin_dir|conf_dir|Root) = "(.*)"$/gm)];
    assert.equal(folders.length, 7);
    for (const [, folder] of folders)
      assert.match(folder ?? "", /^\/(src\/a\/\.terrarium\/host|run\/terrarium-0123abcd)\//);
  });

  it("tells the image loader where the container runtime is", () => {
    assert.deepEqual(containerdOf(paths), {
      ctr: "/usr/bin/ctr",
      address: "/run/terrarium-0123abcd/containerd.sock",
      namespace: "k8s.io",
    });
  });

  it("answers DNS from pods in kube-system on port 53, which policies see after the Service's translation", () => {
    const objects = dnsObjects(plan).map(({ object }) => object as { kind?: string; metadata: object; spec?: object });
    const service = objects.find(({ kind }) => kind === "Service");
    assert.deepEqual(service?.metadata, {
      name: "kube-dns",
      namespace: "kube-system",
      labels: { "k8s-app": "kube-dns" },
    });
    const { ports, clusterIP } = service.spec as { ports: { targetPort: number }[]; clusterIP: string };
    assert.equal(clusterIP, "10.96.0.10");
    assert.deepEqual(
      ports.map(({ targetPort }) => targetPort),
      [53, 53, 9153],
    );
  });

  it("has one storage class, the default, which waits for the first pod", () => {
    const classes = storageObjects(layout).filter(({ collection }) => collection.endsWith("/storageclasses"));
    assert.deepEqual(
      classes.map(({ object }) => (object as unknown as { volumeBindingMode: string }).volumeBindingMode),
      ["WaitForFirstConsumer"],
    );
  });
});
