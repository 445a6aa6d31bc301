import fc from "fast-check";

/** Texts that are right somewhere, and texts that are nearly so. */
const TEXTS = [
  "",
  " ",
  "\n",
  'a "quoted" \\ text',
  "ünïcödé",
  "🌱".repeat(90),
  "a".repeat(52),
  "a".repeat(53),
  "x".repeat(64),
  "x".repeat(300),
  "x".repeat(600),
  "https://git.example.com/team/shop",
  "https://git.example.com:8443/team/shop.git",
  "git://10.0.0.1/a/b",
  "https://user:password@git.example.com/team/shop",
  "https://git.example.com",
  "https://git.example.com/",
  "ssh://git.example.com/team/shop",
  "main",
  "feature/checkout-2",
  "-x",
  "a b",
  "dependabot/npm_and_yarn/@types/node-24.1.0",
  "0123456789abcdef0123456789abcdef01234567",
  "0123456789ABCDEF0123456789ABCDEF01234567",
  "0123456789abcdef",
  "image",
  "source",
  "Image",
  "repair",
  "30m",
  "never",
  "0 20 * * mon-fri",
  "*/5 7-19,22 1 jan-mar 0",
  "60 20 * * *",
  "0 20 * * mon-fri ",
  "Europe/Berlin",
  "Etc/GMT+8",
  "72h",
  "0h",
  "1w",
  "99999d",
  "2030-01-31T18:00:00Z",
  "2030-01-31T18:00:00.123456789Z",
  "2030-02-30T18:00:00Z",
  "2028-02-29T18:00:00Z",
  "2030-01-31T18:00:00+01:00",
  "2030-01-31 18:00:00Z",
  "2030-01-31T18:00Z",
  "2030-01-31t18:00:00z",
  "0",
  "00",
  "1",
  "2.5",
  "2.5555",
  "0.001",
  "0.0005",
  ".5",
  "250m",
  "1e3",
  "-1",
  "+1",
  "1Gi",
  "1.5Gi",
  "128Mi",
  "1gi",
  "512",
  "999k",
  "999999999999999",
  "9999999999999999",
  "registry.example.com/team/api:1.4.2",
  "registry.example.com:5000/team/api@sha256:" + "0".repeat(64),
  "api:latest",
  "API:1",
  "web",
  "shop-backend",
  "NODE_ENV",
  "9LIVES",
  "__proto__",
  "constructor",
];

const text = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 90 }),
);
const number = fc.constantFrom(0, -0, -1, 1, 10, 11, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e21, 1e-7);
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const name = fc.constantFrom("web", "a", "shop-backend", "x".repeat(52));
const cores = fc.constantFrom("1", "250m", "0.5", "2.125", "0.001", "999.999");
const bytes = fc.constantFrom("1M", "128Mi", "1Gi", "500M", "64000k", "999999999999999");
const resources = fc.record({ cpu: cores, memory: bytes }, { requiredKeys: [] });

/** A specification that is right. */
const valid = fc.record(
  {
    source: fc.record(
      {
        repository: fc.constantFrom("https://git.example.com/team/shop", "git://10.0.0.1:9418/a.git"),
        branch: fc.constantFrom("main", "feature/a_b-1.2", "renovate/@types+node#1=2"),
        commit: fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 40, maxLength: 40 }),
      },
      { requiredKeys: ["repository", "branch"] },
    ),
    mode: fc.constantFrom("image", "source"),
    owner: fc.constantFrom("ada", "ada@example.com", "dependabot[bot]", "~".repeat(63)),
    pullRequest: fc.record(
      {
        number: fc.constantFrom(1, 42, 2 ** 31 - 1),
        url: fc.constantFrom("https://github.com/team/shop/pull/42", "http://127.0.0.1:8080/x"),
        fork: fc.boolean(),
      },
      { requiredKeys: ["number"] },
    ),
    approval: fc.record({
      commit: fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 40, maxLength: 40 }),
      by: fc.constantFrom("ada", "system:serviceaccount:team:ada"),
    }),
    overrides: fc.record(
      {
        services: fc.dictionary(
          name,
          fc.record(
            {
              image: fc.constantFrom("api:1.4.2", "registry.example.com:5000/team/api:1", `a@sha256:${"0".repeat(64)}`),
              replicas: fc.integer({ min: 0, max: 10 }),
              env: fc.dictionary(fc.constantFrom("NODE_ENV", "_", "a1", "toString"), text, { maxKeys: 4 }),
              resources: fc.record({ requests: resources, limits: resources }, { requiredKeys: [] }),
            },
            { requiredKeys: [] },
          ),
        ),
      },
      { requiredKeys: [] },
    ),
    sleep: fc.record(
      {
        idleAfter: fc.constantFrom("30m", "never"),
        schedule: fc.record(
          {
            sleep: fc.constantFrom("0 20 * * mon-fri", "*/5 7-19,22 1 jan-mar 0"),
            wake: fc.constantFrom("59 23 31 12 6", "0-59/10 * * * *"),
            timeZone: fc.constantFrom("Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+8"),
          },
          { requiredKeys: ["sleep"] },
        ),
        sleepAt: fc.constant("2030-01-31T18:00:00Z"),
        wakeAt: fc.constant("2030-01-31T18:00:00.5Z"),
      },
      { requiredKeys: [] },
    ),
    ttl: fc.constantFrom("30m", "72h", "7d", "9999d"),
    extendedUntil: fc.constantFrom("2030-01-31T18:00:00Z", "2028-02-29T00:00:00.5Z"),
    quota: fc.record(
      { cpu: cores, memory: bytes, storage: bytes, pods: fc.integer({ min: 1, max: 500 }) },
      { requiredKeys: [] },
    ),
    seed: fc.record({ testCredentials: fc.boolean(), data: fc.constantFrom("none", "demo") }, { requiredKeys: [] }),
    drift: fc.constantFrom("ignore", "report", "repair"),
  },
  { requiredKeys: ["source"] },
);

/** What is done to one place of a specification that was right. */
interface Mutation {
  /** Which place, counted around. */
  readonly place: number;
  readonly change: "edit" | "vary" | "replace" | "remove" | "add" | "rename" | "wrap" | "crowd";
  /** For `edit`: so many characters become this one. */
  readonly edit: { readonly cut: number; readonly put: string };
  /** Another value of the same type, for `vary`. */
  readonly similar: { readonly string: string; readonly number: number };
  readonly value: unknown;
  readonly key: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  place: fc.noBias(fc.nat(10_000)),
  change: fc.constantFrom<Mutation["change"][]>(
    ...(["edit", "edit", "edit", "edit", "vary", "vary", "vary", "replace", "replace"] as const),
    ...(["remove", "add", "rename", "wrap", "crowd"] as const),
  ),
  edit: fc.record({ cut: fc.nat(2), put: fc.constantFrom("", ..."0159aAmMKGi.-_:/@ ~T") }),
  similar: fc.record({ string: text, number }),
  value: fc.oneof({ weight: 8, arbitrary: scalar }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) }),
  key: fc.oneof(text, name).filter((key) => !/[[\]]/.test(key)),
});

/** Environments as clients may send them: right ones, ones with a few places changed, and garbage. */
export const fuzzedEnvironment: fc.Arbitrary<object> = fc
  .record({
    name: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom("shop-42", "a", "x".repeat(50)) },
      { weight: 1, arbitrary: fc.oneof(text, fc.constantFrom("x".repeat(51), "42", "a.b", "a-", "A")) },
    ),
    spec: fc.oneof(
      { weight: 2, arbitrary: valid },
      {
        weight: 7,
        arbitrary: fc
          .tuple(valid, fc.array(mutation, { minLength: 1, maxLength: 3 }))
          .map(([spec, mutations]) => mutations.reduce(mutate, JSON.parse(JSON.stringify(spec)) as unknown)),
      },
      { weight: 1, arbitrary: fc.jsonValue() },
    ),
  })
  .map(({ name: called, spec }) => ({
    apiVersion: "terrarium.dev/v1alpha1",
    kind: "Environment",
    metadata: { name: called },
    spec,
  }));

type Container = Record<string, unknown>;

function mutate(spec: unknown, { place, change, edit, similar, value, key }: Mutation): unknown {
  const isFit = { edit: isText, vary: isTextOrNumber }[change as string] ?? (() => true);
  const places = placesIn(spec).filter(([container, field]) => isFit(container[field]));
  const at = places[place % places.length];
  if (at === undefined) return value;
  const [container, field] = at;
  const current = container[field];
  if (change === "edit") define(container, field, edited(current as string, place, edit));
  if (change === "vary") define(container, field, similar[typeof current as keyof Mutation["similar"]]);
  if (change === "replace") define(container, field, value);
  if (change === "remove") delete container[field];
  if (change === "add") define(container, key, value);
  if (change === "rename") {
    delete container[field];
    define(container, key, current);
  }
  if (change === "wrap") define(container, field, [current]);
  if (change === "crowd") for (let count = 0; count < 65; count += 1) define(container, `${key}${count}`, current);
  return spec;
}

function edited(text: string, place: number, { cut, put }: Mutation["edit"]): string {
  const characters = [...text];
  const at = place % (characters.length + 1);
  return characters.toSpliced(at, cut, put).join("");
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTextOrNumber(value: unknown): boolean {
  return isText(value) || typeof value === "number";
}

/** As JSON has it: "__proto__" is a key like any other. */
function define(container: Container, key: string, value: unknown): void {
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

function placesIn(node: unknown): [container: Container, field: string][] {
  if (typeof node !== "object" || node === null) return [];
  const container = node as Container;
  return Object.keys(container).flatMap((field) => [[container, field], ...placesIn(container[field])]);
}
