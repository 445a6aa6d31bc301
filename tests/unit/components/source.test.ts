import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Service, type Connection } from "../../../components/index.ts";
import { IMAGES, resolveEnvironment, type ResolvedService } from "../../../spec/index.ts";
import { environment, refusal } from "../spec/environments.ts";
import { pathsOf, type Kinds, type Recording } from "../mocks.ts";
import { CLOSED, PLACEMENT, recorded } from "./placement.ts";

const NODE = IMAGES.node.image;
const REPOSITORY = "https://git.example.com/team/shop.git";
const COMMIT = "4ba5f1de1c3b5a4f3c86d7ad2ad3de3e6a6f0c11";
const STORES = { dataStores: { db: { engine: "postgres" } } };

function resolved(source: object = {}, service: object = {}): ResolvedService {
  const api = {
    image: NODE,
    source: { repository: REPOSITORY, branch: "main", ...source },
    calls: ["db"],
    internet: true,
    ...service,
  };
  const found = resolveEnvironment(environment({ services: { api }, ...STORES })).services["api"];
  assert.ok(found);
  return found;
}

const connection: Connection = {
  env: { DB_HOST: "db" },
  secretEnv: { DB_PASSWORD: pulumi.secret("s3cret"), DB_URL: pulumi.secret("postgresql://app:s3cret@db:5432/app") },
  ready: [],
};

function create(source: object = {}, service: object = {}): Promise<Recording> {
  return recorded(
    () =>
      new Service("api", {
        placement: PLACEMENT,
        service: resolved(source, service),
        policy: CLOSED,
        checksumKey: "key",
        connections: { db: connection },
        database: "db",
      }),
  );
}

type Container = Kinds["Deployment"]["spec"]["template"]["spec"]["containers"][number];

function podOf(recording: Recording, kind: "Deployment" | "StatefulSet" = "Deployment") {
  const { spec } = recording.one(kind as "Deployment", "api").object.spec.template;
  const containers = new Map<string, Container>();
  for (const container of [...spec.initContainers, ...spec.containers]) containers.set(container.name, container);
  const container = (name: string): Container => containers.get(name) ?? assert.fail(name);
  return { spec, names: [...containers.keys()], container };
}

const variables = ({ env }: Container) => Object.fromEntries(env.map(({ name, value }) => [name, value]));
const mounts = ({ volumeMounts }: Container) => volumeMounts.map(({ name, mountPath }) => `${name} ${mountPath}`);

describe("A service from source", () => {
  it("clones, installs and migrates, one after the other, before it starts", async () => {
    const { names, container } = podOf(await create());
    assert.deepEqual(names, ["git-clone", "npm-install", "db-migrate", "api"]);
    assert.deepEqual(
      names.slice(1).map((name) => container(name).command),
      [
        ["npm", "ci"],
        ["npm", "run", "db:migrate"],
        ["npm", "run", "dev"],
      ],
    );
    assert.deepEqual(
      names.map((name) => container(name).image),
      [IMAGES.git.image, NODE, NODE, NODE],
    );
  });

  it("shares one workspace of limited size among its steps, and its own scratch space", async () => {
    const { spec, names, container } = podOf(await create({ workspace: "8Gi" }));
    assert.deepEqual(spec.volumes, [
      { name: "workspace", emptyDir: { sizeLimit: "8Gi" } },
      { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
    ]);
    for (const name of names) {
      assert.deepEqual(mounts(container(name)), ["tmp /tmp", "workspace /workspace"], name);
      assert.equal(container(name).resources.limits["ephemeral-storage"], "8Gi", name);
    }
  });

  it("runs everything but the clone in the repository's folder", async () => {
    for (const [directory, workingDir] of [
      [".", "/workspace/source"],
      ["apps/web", "/workspace/source/apps/web"],
    ] as const) {
      const { container } = podOf(await create({ directory }));
      for (const name of ["npm-install", "db-migrate", "api"])
        assert.equal(container(name).workingDir, workingDir, name);
      assert.equal(variables(container("git-clone"))["DIRECTORY"], directory);
    }
  });

  it("seeds test users by its migration alone, with a password of its own, where it is told to", async () => {
    const recording = await create({ seedTestCredentials: true });
    const { names, container } = podOf(recording);
    assert.deepEqual(
      names.filter((name) => variables(container(name))["SEED_TEST_CREDENTIALS"] !== undefined),
      ["db-migrate"],
    );
    const password = recording.one("Secret", "api").object.stringData["TEST_USER_PASSWORD"];
    assert.match(password ?? "", /./);
    const seedless = await create({});
    assert.ok(!("TEST_USER_PASSWORD" in seedless.one("Secret", "api").object.stringData));
    const unmigrated = await create({ seedTestCredentials: true, migrate: false });
    assert.ok(!("TEST_USER_PASSWORD" in unmigrated.one("Secret", "api").object.stringData));
  });

  it("may use 2Gi of memory in every step unless told otherwise", async () => {
    const { names, container } = podOf(await create());
    for (const name of names) {
      const { requests, limits } = container(name).resources;
      assert.deepEqual([requests["memory"], limits["memory"], limits["cpu"]], ["512Mi", "2Gi", "1"], name);
    }
    const larger = podOf(await create({}, { resources: { limits: { memory: "3Gi" } } }));
    assert.equal(larger.container("npm-install").resources.limits["memory"], "3Gi");
  });

  it("gives settings to the steps that run its code, and credentials to the migration and itself alone", async () => {
    const { names, container } = podOf(await create());
    const secret = { secretRef: { name: "api" } };
    const config = { configMapRef: { name: "api" } };
    assert.deepEqual(
      names.map((name) => container(name).envFrom),
      [[], [config], [config, secret], [config, secret]],
    );
  });

  it("has no credential in a command, an argument or a variable", async () => {
    const recording = await create({}, { secrets: { TOKEN: { generate: {} } } });
    assert.deepEqual(pathsOf(podOf(recording).spec, "s3cret"), []);
    assert.deepEqual(recording.holdersOf("api-TOKEN"), ["Secret api"]);
  });

  it("tells the clone what to get as variables: its script is the same for all", async () => {
    const script = (source: object) => create(source).then((recording) => podOf(recording).container("git-clone"));
    const [plain, other] = [await script({}), await script({ branch: "feature/#7", commit: COMMIT, directory: "web" })];
    assert.deepEqual(plain.command, other.command);
    const { BRANCH, COMMIT: commit, REPOSITORY: repository } = variables(other);
    assert.deepEqual([BRANCH, commit, repository], ["feature/#7", COMMIT, REPOSITORY]);
    assert.equal(variables(plain)["COMMIT"], "");
    for (const value of ["feature/#7", COMMIT, REPOSITORY])
      assert.deepEqual(
        pathsOf(other, value).filter((path) => !path.startsWith("env.")),
        [],
      );
  });

  it("lets git speak the repository's protocol alone, follow no redirect and run no hook", async () => {
    for (const [repository, protocol] of [
      [REPOSITORY, "https"],
      ["git://10.20.1.5/shop", "git"],
    ] as const) {
      const egress = [{ cidr: "10.20.1.5/32", ports: [9418] }];
      const env = variables(podOf(await create({ repository }, { egress })).container("git-clone"));
      assert.equal(env["GIT_ALLOW_PROTOCOL"], protocol);
      const settings = Array.from({ length: Number(env["GIT_CONFIG_COUNT"]) }, (_, index) => [
        env[`GIT_CONFIG_KEY_${index}`],
        env[`GIT_CONFIG_VALUE_${index}`],
      ]);
      const { "http.followRedirects": redirects, "core.hooksPath": hooks } = Object.fromEntries(settings) as Record<
        string,
        string
      >;
      assert.deepEqual([redirects, hooks], ["false", "/dev/null"]);
      assert.deepEqual([env["GIT_CONFIG_NOSYSTEM"], env["GIT_CONFIG_GLOBAL"]], ["1", "/dev/null"]);
    }
  });

  it("says in its pod's status why a step failed", async () => {
    const { names, container } = podOf(await create());
    assert.deepEqual(
      names.map((name) => container(name).terminationMessagePolicy),
      ["FallbackToLogsOnError", "FallbackToLogsOnError", "FallbackToLogsOnError", undefined],
    );
  });

  it("keeps npm's downloads in the pod, or on a volume of its own where one is asked for", async () => {
    const inPod = podOf(await create()).container("npm-install");
    assert.equal(variables(inPod)["npm_config_cache"], "/workspace/npm-cache");
    const recording = await create({ cache: { size: "5Gi", storageClass: "fast" } });
    const { container, names, spec } = podOf(recording);
    assert.equal(variables(container("npm-install"))["npm_config_cache"], "/npm-cache");
    assert.deepEqual(
      names.filter((name) => mounts(container(name)).includes("npm-cache /npm-cache")),
      ["npm-install"],
    );
    const claim = recording.one("PersistentVolumeClaim", "api-npm-cache");
    assert.deepEqual(spec.volumes[1], {
      name: "npm-cache",
      persistentVolumeClaim: { claimName: claim.object.metadata.name },
    });
    assert.deepEqual(
      [claim.object.spec.storageClassName, claim.object.spec.resources.requests],
      ["fast", { storage: "5Gi" }],
    );
    assert.ok(recording.one("Deployment", "api").dependsOn.includes(claim.name));
  });

  it("ends the old pod before it starts the new one where they would share a volume", async () => {
    for (const [source, maxUnavailable, maxSurge] of [
      [{}, 0, 1],
      [{ cache: {} }, 1, 0],
    ] as const) {
      const { spec } = (await create(source)).one("Deployment", "api").object;
      assert.deepEqual(spec.strategy.rollingUpdate, { maxUnavailable, maxSurge });
    }
  });

  it("mounts its own volumes in the steps that run its code", async () => {
    const volumes = [{ name: "uploads", mountPath: "/uploads", size: "1Gi" }];
    const { container } = podOf(await create({}, { volumes }), "StatefulSet");
    assert.ok(mounts(container("db-migrate")).includes("uploads /uploads"));
    assert.ok(!mounts(container("git-clone")).includes("uploads /uploads"));
  });

  it("runs the commands it is told, and no migration where that is false", async () => {
    const source = {
      install: ["pnpm", "install", "--frozen-lockfile"],
      migrate: false,
      gitImage: "mirror.example.com/git:1",
    };
    const { names, container } = podOf(await create(source, { command: ["node", "server.js"] }));
    assert.deepEqual(names, ["git-clone", "npm-install", "api"]);
    assert.deepEqual(container("npm-install").command, source.install);
    assert.deepEqual(container("api").command, ["node", "server.js"]);
    assert.equal(container("git-clone").image, source.gitImage);
  });
});

describe("A source by default", () => {
  it("migrates where a Postgres is called, and else not", () => {
    assert.deepEqual(resolved().source?.migrate, ["npm", "run", "db:migrate"]);
    assert.equal(resolved({}, { calls: [] }).source?.migrate, false);
    assert.deepEqual(resolved({ migrate: ["make"] }, { calls: [] }).source?.migrate, ["make"]);
  });

  it("resolves to itself", () => {
    const once = resolved({ cache: {} });
    assert.deepEqual(resolved({}, once), once);
  });

  for (const branch of [
    "main",
    "feature/cart",
    "dependabot/npm_and_yarn/next-15.1.2",
    "fix/#12-a+b=c",
    "v1.2.x",
    "a@b",
  ]) {
    it(`takes the branch ${branch}`, () => {
      assert.equal(resolved({ branch }).source?.branch, branch);
    });
  }

  it("reaches a repository on another port through a declared egress, or in a called service", () => {
    const of = (service: object) =>
      refusal(environment({ services: { api: { image: NODE, ...service }, git: { image: NODE } } }));
    const repository = "https://git:8443/shop.git";
    assert.equal(of({ source: { repository, branch: "main" }, internet: true }).length, 1);
    assert.deepEqual(of({ source: { repository, branch: "main" }, calls: ["git"] }), []);
    const egress = [{ cidr: "10.20.0.0/16", ports: [443, 8443] }];
    assert.deepEqual(of({ source: { repository, branch: "main" }, egress }), []);
  });
});
