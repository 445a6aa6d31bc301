/** What a secret looks like, for people; the value itself is never repeated. */
export type SecretShape = string;

/** Shapes that nothing but a secret has. */
const TOKENS: readonly (readonly [SecretShape, RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY/],
  ["an age key", /AGE-SECRET-KEY-1[0-9A-Z]{58}/],
  ["an AWS access key", /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/],
  ["a GitHub token", /\b(?:gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{36})/],
  ["a GitLab token", /\bgl(?:pat|dt|rt|ptt)-[\w-]{20}/],
  ["a Slack token", /\bxox[abeoprs]-[\w-]{10}/],
  ["a Slack webhook", /hooks\.slack\.com\/services\/T\w+\/B\w+\/\w{12}/],
  ["a Stripe key", /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16}/],
  ["a Google API key", /\bAIza[\w-]{35}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}/],
  ["a PyPI token", /\bpypi-[\w-]{50}/],
  ["a SendGrid key", /\bSG\.[\w-]{22}\.[\w-]{43}/],
  ["a Vault token", /\bhv[bsr]\.[\w-]{24}/],
  ["a Pulumi token", /\bpul-[a-f0-9]{40}/],
  ["a DigitalOcean token", /\bdo[opr]_v1_[a-f0-9]{64}/],
  ["a model provider's key", /\bsk-(?:ant-|proj-)[\w-]{32}/],
  ["a JSON web token", /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16}/],
  ["credentials of an HTTP request", /\b(?:Basic|Bearer) [\w+/.=-]{20}/],
];

/** A password in an address: the scheme, a user, the password. */
const IN_ADDRESS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/"'<>]*:(?<password>[^\s@/"']+)@/gi;

/** Text that is long and public: certificates, public keys, images, checksums of packages. */
const PUBLIC = [
  /-----BEGIN (?:[A-Z0-9]+ )*(?:CERTIFICATE|PUBLIC KEY|X509 CRL)[^]*?-----END [A-Z0-9 ]+-----/g,
  /\bssh-(?:rsa|ed25519|dss) \S+|\becdsa-sha2-\S+ \S+/g,
  /\bdata:[\w/+.-]+;base64,[A-Za-z0-9+/=]+/g,
  /\bsha(?:1|256|384|512)[-:][A-Za-z0-9+/=]+/g,
];

/** Runs of characters that an encoded random value may consist of. */
const RUN = /[A-Za-z0-9+/]{24,}={0,2}/g;

/** Versions within paths, such as those of APIs. */
const VERSION = /(?<![A-Za-z0-9])v[0-9]+(?![A-Za-z0-9])/g;

/** What words, abbreviations and numbers a run can be read as. */
const WORDS = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+/g;

/** Longest mean length of what a random value can be read as; words that people write are longer. */
const LONGEST_WORDS = 3;

/** Least bits of entropy for each character of a run. */
const LEAST_ENTROPY = 3.6;

/** Names whose values are secret, whatever they look like. */
const SECRET_NAME =
  /(?:^|_)(?:password|passwd|passphrase|pwd|(?:api|access|private|secret|encryption|signing|master)_key)$/;

/** Names whose values are secret, or the name of something that holds a secret. */
const MAYBE_SECRET_NAME = /(?:^|_)(?:secret|token|credentials?|auth)$/;

/** What stands where a secret will be, or says where it is. */
const REFERENCE =
  /^$|\$[({]|\$__|\{\{|^[$%@`!][\w({]|^<.*>$|^(?:\*+|x+|\.+)$|^\[?(?:redacted|secret|masked)\]?$|^(?:\.{0,2}|~)\/|^(?:true|false|yes|no|on|off|null|none|nil|undefined|optional|required|enabled|disabled)$|^(?:file|env|vault|ref|secret|op|arn|aws[a-z]*|gcp[a-z]*|azure[a-z]*):/i;

/** Names of objects and files, numbers and time spans: values of names that only may be secret. */
const PLAIN =
  /^[a-z]+(?:[-._/][a-z0-9]+)*$|^\d{1,9}(?:\.\d+)?(?:ms|s|m|h|d)?$|^[a-z][\w+.-]*:\/\/|^[A-Za-z]+ [A-Za-z ]+$/;

/** A line of a configuration file that gives something a value. */
const ASSIGNMENT =
  /^[ \t]*(?:export |-[ \t]+|--?)?["']?(?<name>[A-Za-z][\w.-]*)["']?[ \t]*(?::=|[:=])[ \t]*(?<value>\S.*?)[ \t]*,?[ \t]*$/gm;

/**
 * Finds out whether a value is or holds a secret that stands there in the clear.
 *
 * @param name under which the value is known: of a variable, key or option.
 * @returns what it looks like; undefined where nothing is found.
 */
export function secretIn(text: string, name = ""): SecretShape | undefined {
  return tokenIn(text) ?? namedSecret(name, text) ?? assignedSecret(text) ?? randomIn(text);
}

/** A value that the name makes a secret. */
export function namedSecret(name: string, value: string): SecretShape | undefined {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();
  const isSecret = SECRET_NAME.test(words) || (MAYBE_SECRET_NAME.test(words) && !PLAIN.test(value));
  return isSecret && !value.includes("\n") && !REFERENCE.test(value) ? `the value of a name like ${name}` : undefined;
}

function tokenIn(text: string): SecretShape | undefined {
  const token = TOKENS.find(([, pattern]) => pattern.test(text));
  if (token !== undefined) return token[0];
  const passwords = [...text.matchAll(IN_ADDRESS)].map(({ groups }) => groups?.["password"] ?? "");
  return passwords.some((password) => !REFERENCE.test(password)) ? "a password in an address" : undefined;
}

function assignedSecret(text: string): SecretShape | undefined {
  if (!text.includes("\n")) return undefined;
  for (const { groups } of text.matchAll(ASSIGNMENT)) {
    const { name = "", value = "" } = groups ?? {};
    const found = namedSecret(name, value.replace(/^(["'])(.*)\1$/, "$2"));
    if (found !== undefined) return found;
  }
  return undefined;
}

function randomIn(text: string): SecretShape | undefined {
  const rest = PUBLIC.reduce((left, pattern) => left.replaceAll(pattern, " "), text);
  return (rest.match(RUN) ?? []).some(looksRandom) ? "a random value" : undefined;
}

/** Whether characters come in no order. Hexadecimal digits alone are as likely a checksum or a commit. */
function looksRandom(run: string): boolean {
  if (!/[a-z]/.test(run) || !/[A-Z]/.test(run) || !/[0-9]/.test(run)) return false;
  const words = run.replaceAll(VERSION, "").match(WORDS) ?? [];
  return words.join("").length / words.length < LONGEST_WORDS && entropyOf([...run]) >= LEAST_ENTROPY;
}

/** Shannon's entropy in bits for each character. */
function entropyOf(characters: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const character of characters) counts.set(character, (counts.get(character) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / characters.length);
  return -shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
}
