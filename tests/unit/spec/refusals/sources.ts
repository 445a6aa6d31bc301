import { environment, IMAGE, withService, type Refusal } from "../environments.ts";

const SOURCE = { repository: "https://git.example.com/team/shop.git", branch: "main" };
const fromSource = (source: object, service: object = {}, over: object = {}) =>
  withService({ source: { ...SOURCE, ...source }, internet: true, ...service }, over);
const REPOSITORY = 'the address of a git repository without credentials, such as "https://git.example.com/team/shop"';
const BRANCH = 'the name of a branch such as "feature/checkout"';
const FOLDER = 'a folder of the repository such as "apps/web"';
const NETWORK = 'an IPv4 network of 8 to 32 bits such as "10.20.0.0/16" or "10.20.1.5/32", with no bit set beyond them';

/** What is no branch's name; among it what a shell or git could take for something else. */
const hostileBranches = [
  "",
  "--upload-pack=touch /tmp/x",
  "-main",
  "main; touch /tmp/x",
  "$(touch /tmp/x)",
  "`touch /tmp/x`",
  "main\nmain",
  "a..b",
  "a//b",
  "/main",
  "main/",
  "main.",
  ".main",
  "a/.b",
  "main ",
  "main'",
  'main"',
  "main~1",
  "main^",
  "a:b",
  "@{-1}",
];

/** Services from source, and egress, that are wrong in one place. */
export const sources: readonly Refusal[] = [
  {
    what: "an unknown key of a source",
    input: fromSource({ url: "x" }),
    error: [
      "services.api.source.url: no such key; allowed here: repository, branch, commit, directory, install, migrate, seedTestCredentials, workspace, cache, gitImage",
    ],
  },
  {
    what: "a source without a repository",
    input: withService({ source: { branch: "main" } }),
    error: ["services.api.source.repository: got nothing, expected text"],
  },
  ...[
    "http://git.example.com/shop.git",
    "file:///etc",
    "ssh://git.example.com/shop.git",
    "git@git.example.com:shop.git",
    "https://git.example.com/$(id)",
    "https://git.example.com",
    "ext::sh -c id",
    "--upload-pack=id",
  ].map((repository) => ({
    what: `the repository ${JSON.stringify(repository)}`,
    input: fromSource({ repository }),
    error: [`services.api.source.repository: got ${JSON.stringify(repository)}, expected ${REPOSITORY}`],
  })),
  ...[
    ["https://user:word@git.example.com/shop.git", "https://***@git.example.com/shop.git"],
    ["https://word@git.example.com/shop.git", "https://***@git.example.com/shop.git"],
    ["https://git.example.com/shop.git?token=word", "https://git.example.com/shop.git?***"],
  ].map(([repository = "", shown]) => ({
    what: `the repository ${repository}`,
    input: fromSource({ repository }),
    error: [`services.api.source.repository: got "${shown}", expected ${REPOSITORY}`],
  })),
  ...hostileBranches.map((branch) => ({
    what: `the branch ${JSON.stringify(branch)}`,
    input: fromSource({ branch }),
    error: [`services.api.source.branch: got ${JSON.stringify(branch)}, expected ${BRANCH}`],
  })),
  {
    what: "a short commit",
    input: fromSource({ commit: "4ba5" }),
    error: ['services.api.source.commit: got "4ba5", expected a full commit id: 40 hexadecimal digits in lower case'],
  },
  ...["/etc", "a b", "a//b", "a/", "-$(id)"].map((directory) => ({
    what: `the folder ${JSON.stringify(directory)}`,
    input: fromSource({ directory }),
    error: [`services.api.source.directory: got ${JSON.stringify(directory)}, expected ${FOLDER}`],
  })),
  ...["..", "../other", "apps/../..", "./apps"].map((directory) => ({
    what: `the folder ${JSON.stringify(directory)}`,
    input: fromSource({ directory }),
    error: [
      `services.api.source.directory: got ${JSON.stringify(directory)}, expected a folder below the repository's top: no "." or ".." as a part`,
    ],
  })),
  {
    what: "a command as text",
    input: fromSource({ install: "npm ci" }),
    error: ['services.api.source.install: got "npm ci", expected a list'],
  },
  {
    what: "an empty command",
    input: fromSource({ install: [] }),
    error: ["services.api.source.install: got [], expected a list that isn't empty"],
  },
  {
    what: "a migration that is true",
    input: fromSource({ migrate: true }),
    error: ["services.api.source.migrate: got true, expected false, or a command as a list"],
  },
  {
    what: "a workspace smaller than what every container has",
    input: fromSource({ workspace: "512Mi" }),
    error: ['services.api.source.workspace: got "512Mi", expected at least 1Gi'],
  },
  {
    what: "several pods of a source",
    input: fromSource({}, { replicas: 2 }),
    error: [
      "services.api.replicas: got 2, expected at most 1 with a source: each pod runs the migration, and two at once could destroy the schema",
    ],
  },
  {
    what: "an autoscaler of a source",
    input: fromSource({}, { scaling: { maxReplicas: 3 } }),
    error: [
      "services.api.scaling: got a map with the keys maxReplicas, targetCpuPercent, expected none with a source: each pod runs the migration, and two at once could destroy the schema",
    ],
  },
  {
    what: "a source beyond tier dev",
    input: fromSource({}, { replicas: 1 }, { tier: "staging" }),
    error: ["services.api.source: expected none in tier staging: build an image, so that what was tested is what runs"],
  },
  {
    what: "a service called like one of its steps",
    input: environment({ services: { "npm-install": { image: IMAGE, source: SOURCE, internet: true } } }),
    error: [
      "services.npm-install.source: expected none in a service called npm-install: git-clone, npm-install, db-migrate are containers of a service with a source",
    ],
  },
  {
    what: "volumes in the place of a source's own",
    input: fromSource(
      {},
      {
        volumes: [
          { size: "1Gi", name: "workspace", mountPath: "/a" },
          { size: "1Gi", name: "b", mountPath: "/workspace/b" },
          { size: "1Gi", name: "npm-cache", mountPath: "/workspaces" },
        ],
      },
    ),
    error: [
      'services.api.volumes[0].name: got "workspace", expected a name other than workspace and npm-cache, which a service with a source has',
      'services.api.volumes[1].mountPath: got "/workspace/b", expected a path outside of /workspace and /npm-cache, which a service with a source has',
      'services.api.volumes[2].name: got "npm-cache", expected a name other than workspace and npm-cache, which a service with a source has',
    ],
  },
  {
    what: "another home folder",
    input: fromSource({}, { env: { HOME: "/home/me" } }),
    error: [
      "services.api.env.HOME: expected another name: Terrarium sets HOME; it is /tmp, where a source's programs may write",
    ],
  },
  {
    what: "another password of the test user that its migration seeds",
    input: fromSource({ seedTestCredentials: true }, { secrets: { TEST_USER_PASSWORD: { generate: {} } } }),
    error: [
      "services.api.secrets.TEST_USER_PASSWORD: expected another name: Terrarium sets TEST_USER_PASSWORD; it is that of the test user whom the migration seeds",
    ],
  },
  {
    what: "a public repository without a way to it",
    input: fromSource({}, { internet: false }),
    error: [
      'services.api.source.repository: got "https://git.example.com/team/shop.git", expected a way to it: internet: true or an egress with port 443; all else is closed',
    ],
  },
  {
    what: "a repository on another port without a way to it",
    input: fromSource({ repository: "git://git.example.com/shop" }),
    error: [
      'services.api.source.repository: got "git://git.example.com/shop", expected a way to it: an egress with port 9418; all else is closed',
    ],
  },
  ...[
    "0.0.0.0/0",
    "10.0.0.0/7",
    "10.20.1.5",
    "10.20.1.5/16",
    "10.20.1.256/32",
    "010.0.0.0/8",
    "10.0.0.0/33",
    "fd00::/8",
  ].map((cidr) => ({
    what: `an egress to ${cidr}`,
    input: withService({ egress: [{ cidr, ports: [443] }] }),
    error: [`services.api.egress[0].cidr: got "${cidr}", expected ${NETWORK}`],
  })),
  {
    what: "an egress without ports",
    input: withService({ egress: [{ cidr: "10.20.0.0/16" }, { cidr: "10.20.0.0/16", ports: [] }] }),
    error: [
      "services.api.egress[0].ports: got nothing, expected a list",
      "services.api.egress[1].ports: got [], expected a list that isn't empty",
    ],
  },
  {
    what: "a port of an egress twice",
    input: withService({ egress: [{ cidr: "10.20.0.0/16", ports: [443, 8443, 443] }] }),
    error: ["services.api.egress[0].ports[2]: got 443, expected each port once"],
  },
];
