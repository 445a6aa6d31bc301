import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { readConfigFile } from "../../../../platform/config-file.ts";
import { type Installation, toInstallation } from "../../../../platform/install/installation.ts";
import { Platform } from "../../../../platform/install/platform.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";
import { pathsOf, record, type Recording } from "../../mocks.ts";

const IMAGE = "registry.example.com/terrarium/platform:1.0.0";
const ADDRESS = "postgres://me:hunter2hunter2@db.example.com/state";
const facts = { serviceMonitors: false, apiServer: [{ cidr: "192.0.2.1/32", port: 6443 }] };

describe("an installation of the platform service", () => {
  const scratch = useScratchFolder();

  async function describeIt(config: string): Promise<Installation> {
    return toInstallation(await readConfigFile(scratch().file("platform.yaml", config)), IMAGE);
  }

  async function install(config = ""): Promise<Recording> {
    const installation = await describeIt(config);
    const { recording } = await record(() => new Platform("terrarium", { installation, facts }, {}));
    return recording;
  }

  it("keeps state in a volume of its one replica, which a drain may move, where no other place is named", async () => {
    const recording = await install();
    const { spec } = recording.one("StatefulSet", "terrarium-platform").object;
    assert.equal(spec.replicas, 1);
    assert.deepEqual(
      spec.volumeClaimTemplates.map(({ metadata }) => metadata.name),
      ["data"],
    );
    const [container] = spec.template.spec.containers;
    assert.deepEqual(container?.args, [
      "platform/serve.ts",
      "--config=/etc/terrarium/configuration/platform.yaml",
      "--data=/var/lib/terrarium",
    ]);
    assert.equal(disruption(recording), 0);
    assert.equal(networkPolicy(recording, "allow-state"), undefined);
  });

  it("has two replicas, of which one always stays, where state is in a server that both reach", async () => {
    const recording = await install(`runner: { state: { address: "${ADDRESS}" } }`);
    const { spec } = recording.one("Deployment", "terrarium-platform").object;
    assert.equal(spec.replicas, 2);
    assert.ok(spec.template.spec.containers[0]?.args.includes("--data=/tmp/terrarium"));
    assert.equal(disruption(recording), 1);
    const to = [{ ipBlock: { cidr: "0.0.0.0/0" } }];
    const { egress } = networkPolicy(recording, "allow-state") ?? {};
    assert.deepEqual(egress, [{ to, ports: [{ protocol: "TCP", port: 5432 }] }]);
  });

  it("lets the service and its Jobs reach the state's server, and not the activator", async () => {
    const server = "{ state: { address: 'postgres://192.0.2.7:6432/state' }, kind: KIND }";
    const whoReaches = async (kind: string): Promise<string[]> => {
      const config = `{ url: "https://{name}.preview.example.com", sleep: { activator: {} }, runner: ${server.replace("KIND", kind)} }`;
      const open = (await install(config)).all("NetworkPolicy").map(({ object }) => object);
      const toServer = open.filter(({ spec }) => pathsOf(spec.egress, "192.0.2.7/32").length > 0);
      return toServer.map(({ spec }) => spec.podSelector.matchLabels["app.kubernetes.io/name"] ?? "anybody").sort();
    };
    assert.deepEqual(await whoReaches("process"), ["terrarium-platform"]);
    assert.deepEqual(await whoReaches("job"), ["terrarium-operation", "terrarium-platform"]);
  });

  it("opens the way to the very address of the state's server where that is known", async () => {
    const recording = await install('runner: { state: { address: "postgres://192.0.2.7:6432/state" } }');
    const { egress } = networkPolicy(recording, "allow-state") ?? {};
    assert.deepEqual(egress, [
      { to: [{ ipBlock: { cidr: "192.0.2.7/32" } }], ports: [{ protocol: "TCP", port: 6432 }] },
    ]);
  });

  it("has passphrase and address in one Secret that is mounted, and nowhere else", async () => {
    const recording = await install(`runner: { state: { address: "${ADDRESS}" } }`);
    assert.deepEqual(recording.holdersOf("terrarium-passphrase"), ["Secret platform-files"]);
    const holders = recording.objects().filter(({ object }) => pathsOf(object, "hunter2").length > 0);
    assert.deepEqual(
      holders.map(({ object }) => `${object.kind} ${object.metadata.name}`),
      ["Secret platform-files"],
    );
    const secret = recording.one("Secret", "platform-files");
    assert.deepEqual(secret.secretPaths, ["stringData"]);
    const { runner } = configurationIn(recording);
    assert.deepEqual(runner.state, {
      secretsProvider: "passphrase",
      saveOnce: false,
      addressFile: "/etc/terrarium/files/state-address",
      passphraseFile: "/etc/terrarium/files/passphrase",
    });
  });

  it("takes a passphrase that there is already", async () => {
    const file = scratch().file("passphrase", "an old one of ours\n");
    const recording = await install(`runner: { state: { passphraseFile: "${file}" } }`);
    assert.equal(recording.one("Secret", "platform-files").object.stringData["passphrase"], "an old one of ours");
  });

  it("has descriptions from other files in its own configuration", async () => {
    scratch().file("shop.yaml", "services: { web: { image: 'team/shop:1' } }");
    const recording = await install("repositories: { 'https://git.example.com/team/shop': { base: shop.yaml } }");
    assert.deepEqual(configurationIn(recording).repositories["https://git.example.com/team/shop"]?.base, {
      services: { web: { image: "team/shop:1" } },
    });
  });

  it("has the values that services take by key in the same Secret", async () => {
    scratch().file("token", "t0ken-of-the-shop");
    const base = "{ services: { web: { image: 'team/shop:1', secrets: { TOKEN: { config: token } } } } }";
    const recording = await install(
      `repositories: { 'https://git.example.com/team/shop': { secretFiles: { token: token }, base: ${base} } }`,
    );
    const holders = recording.objects().filter(({ object }) => pathsOf(object, "t0ken-of-the-shop").length > 0);
    assert.deepEqual(
      holders.map(({ object }) => object.metadata.name),
      ["platform-files"],
    );
    const [repository] = Object.values(configurationIn(recording).repositories);
    assert.match(repository?.secretFiles["token"] ?? "", /^\/etc\/terrarium\/files\/secret-[0-9a-f]{8}-token$/);
  });

  it("rolls its pods when the configuration changes in what counts after a restart only", async () => {
    const checksums = async (config: string): Promise<unknown> =>
      (await install(config)).one("StatefulSet", "terrarium-platform").object.spec.template.metadata.annotations;
    const before = await checksums("operations: 4");
    assert.deepEqual(await checksums("{ operations: 4, logLevel: debug }"), before);
    assert.notDeepEqual(await checksums("{ operations: 4, runner: { timeout: 5m } }"), before);
  });

  it("has an activator where the configuration says so, which knows nothing but addresses and reaches environments alone", async () => {
    const recording = await install(
      `{ url: "https://{name}.preview.example.com", sleep: { activator: { ingressNamespace: gateways, gateway: { name: public, namespace: gateways } } }, repositories: { 'https://git.example.com/team/shop': {} } }`,
    );
    const { spec } = recording.one("Deployment", "terrarium-activator").object;
    assert.equal(spec.replicas, 2);
    const { serviceAccountName, containers, volumes } = spec.template.spec;
    assert.equal(serviceAccountName, "terrarium-activator");
    assert.deepEqual(containers[0]?.args, [
      "platform/activate.ts",
      "--config=/etc/terrarium/configuration/platform.yaml",
    ]);
    assert.doesNotMatch(JSON.stringify(volumes), /platform-files|platform-configuration/);
    const known = recording.one("ConfigMap", "activator-configuration").object.data["platform.yaml"] ?? "";
    assert.deepEqual(Object.keys(parse(known) as object), ["namespace", "url", "logLevel", "sleep"]);

    const own = {
      podSelector: {
        matchLabels: { "app.kubernetes.io/name": "terrarium-activator", "app.kubernetes.io/instance": "terrarium" },
      },
    };
    const { podSelector, egress } = networkPolicy(recording, "allow-activator") ?? {};
    assert.deepEqual({ podSelector }, own);
    assert.deepEqual(egress, [
      { to: [{ namespaceSelector: { matchLabels: { "terrarium.dev/platform": "terrarium" } } }] },
    ]);
    const [route] = recording.all("HTTPRoute");
    assert.deepEqual(pathsOf(route?.object, "*.preview.example.com").length, 1);
    const role = recording.objects().find(({ name }) => name === "Role terrarium-activator")?.object as unknown as Role;
    assert.deepEqual(
      role.rules.map(({ resources, verbs }) => [resources, verbs]),
      [
        [["environments"], ["get", "list", "watch"]],
        [["environments/status"], ["patch"]],
      ],
    );
  });

  it("has no activator otherwise", async () => {
    assert.deepEqual(
      (await install()).names().filter((name) => name.includes("activator")),
      [],
    );
  });

  it("leaves a pod more time to end than the service takes", async () => {
    const { spec } = (await install("{ drain: 2m, runner: { grace: 40s } }")).one(
      "StatefulSet",
      "terrarium-platform",
    ).object;
    assert.ok(spec.template.spec.terminationGracePeriodSeconds > 160);
  });

  it("leaves the rights of operations to the Jobs' own account where operations run as Jobs", async () => {
    const recording = await install(`runner: { kind: job, state: { address: "${ADDRESS}" } }`);
    const subject = (name: string) =>
      (found(recording, "ClusterRoleBinding", name) as { subjects: { name: string }[] }).subjects[0]?.name;
    assert.equal(subject("terrarium-operations"), "terrarium-operations");
    assert.equal(subject("terrarium-platform"), "terrarium-platform");
    assert.equal(configurationIn(recording).runner.job.image, IMAGE);
    const { egress } = networkPolicy(recording, "allow-operations") ?? {};
    assert.deepEqual(egress, [
      { to: [{ ipBlock: { cidr: "192.0.2.1/32" } }], ports: [{ protocol: "TCP", port: 6443 }] },
      { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: [{ protocol: "TCP", port: 5432 }] },
    ]);
    const secrets = rules(recording, "Role", "terrarium-platform").filter(({ resources }) =>
      resources.includes("secrets"),
    );
    assert.deepEqual(
      secrets.map(({ verbs }) => verbs),
      [["create"]],
      "the service can't read the Secrets of Jobs",
    );
  });

  it("is reached by those whom the configuration names, and else by the monitoring alone", async () => {
    assert.equal(networkPolicy(await install("{}"), "allow-callers"), undefined);
    const callers = "{ namespaces: [ingress-nginx], networks: [192.0.2.0/24] }";
    const policy = networkPolicy(await install(`http: { port: 9000, callers: ${callers} }`), "allow-callers");
    assert.deepEqual(policy?.ingress, [
      {
        from: [
          { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } } },
          { ipBlock: { cidr: "192.0.2.0/24" } },
        ],
        ports: [{ protocol: "TCP", port: 9000 }],
      },
    ]);
  });

  it("has no rule with a wildcard, and none for Secrets of the whole cluster", async () => {
    const recording = await install(`runner: { kind: job, state: { address: "${ADDRESS}" } }`);
    const roles = recording.objects().filter(({ object }) => /Role$/.test(object.kind));
    assert.ok(roles.length >= 6);
    for (const { object } of roles) assert.doesNotMatch(JSON.stringify(object), /"\*"/, object.metadata.name);
    for (const name of ["terrarium-platform", "terrarium-operations"])
      assert.ok(!rules(recording, "ClusterRole", name).some(({ resources }) => resources.includes("secrets")));
  });

  it("asks the policy packs that the image has: Terrarium's own, and those of an image that was made from it", async () => {
    const own = fileURLToPath(new URL("../../../../policies", import.meta.url));
    const { config } = await describeIt(`runner: { policyPacks: ["${own}", /app/packs/ours] }`);
    assert.deepEqual(config.runner.policyPacks, ["/app/policies", "/app/packs/ours"]);
  });

  it("may make snapshots known in environments only where the configuration names some, and read those alone", async () => {
    const repository = (seed: string) =>
      `repositories: { "https://git.example.com/team/shop": { seeds: { demo: { ${seed} } } } }`;
    const snapshotRules = async (config: string) => {
      const recording = await install(config);
      const found = ["terrarium-environment", "terrarium-operations", "terrarium-platform"].flatMap((name) =>
        rules(recording, "ClusterRole", name).map(({ resources, verbs, resourceNames }) =>
          resources.some((resource) => /^(volumesnapshot|storageclasses)/.test(resource))
            ? [name, resources.join(), verbs.includes("create"), resourceNames]
            : [],
        ),
      );
      return found.filter((rule) => rule.length > 0);
    };
    assert.deepEqual(await snapshotRules(repository("sql: select 1")), []);
    assert.deepEqual(await snapshotRules(repository("snapshot: { namespace: golden, name: shop }")), [
      ["terrarium-environment", "volumesnapshots", true, undefined],
      ["terrarium-operations", "volumesnapshotcontents", true, undefined],
      ["terrarium-platform", "volumesnapshots", false, ["shop"]],
      ["terrarium-platform", "volumesnapshotcontents", false, undefined],
      ["terrarium-platform", "storageclasses", false, undefined],
    ]);
  });

  it("refuses what means this machine or can't be read, and says where", async () => {
    await assert.rejects(describeIt('runner: { state: { address: "file:///srv/state" } }'), {
      name: "InstallationError",
      message: /^runner\.state names a folder of this machine/,
    });
    await assert.rejects(describeIt("runner: { policyPacks: [my-pack] }"), {
      name: "InstallationError",
      message: /^runner\.policyPacks: \/.*\/my-pack is a folder of this machine, which pods do not have\./,
    });
    await assert.rejects(describeIt("runner: { kind: job }"), {
      name: "InstallationError",
      message: /^runner\.kind: job needs state that other pods reach/,
    });
    await assert.rejects(describeIt("runner: { state: { passphraseFile: gone } }"), {
      name: "InstallationError",
      message: /^runner\.state\.passphraseFile: gone can't be read/,
    });
  });
});

interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

function rules(recording: Recording, kind: string, name: string): readonly Rule[] {
  return (found(recording, kind, name) as { rules: Rule[] }).rules;
}

function found(recording: Recording, kind: string, name: string): unknown {
  const one = recording.objects().find(({ object }) => object.kind === kind && object.metadata.name === name);
  assert.ok(one, `${kind} ${name}`);
  return one.object;
}

function networkPolicy(recording: Recording, name: string) {
  return recording.all("NetworkPolicy").find(({ object }) => object.metadata.name === name)?.object.spec;
}

function disruption(recording: Recording): unknown {
  return recording.one("PodDisruptionBudget", "terrarium-platform").object.spec.minAvailable;
}

function configurationIn(recording: Recording) {
  const { data } = recording.one("ConfigMap", "platform-configuration").object;
  return parse(data["platform.yaml"] ?? "") as {
    runner: { state: object; job: { image: string } };
    repositories: Record<string, { base: object; secretFiles: Record<string, string> }>;
  };
}

interface Role {
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}
