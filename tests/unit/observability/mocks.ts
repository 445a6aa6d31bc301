import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** An object as a component registered it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Runs a constructor on a mocked engine and gives what it registered, once the engine has taken all of it. */
export async function collect<T>(
  create: () => T,
): Promise<{ readonly created: T; readonly objects: readonly Registered[] }> {
  const objects: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const given = inputs as Record<string, unknown>;
        objects.push({ type, name, inputs: given });
        const generated =
          type === "random:index/randomPassword:RandomPassword"
            ? { result: hexOf(name).slice(0, Number(given["length"])) }
            : {};
        return { id: `${name}-id`, state: { ...given, ...generated } };
      },
      call: () => ({}),
    },
    "terrarium",
    "test",
    false,
  );
  const created = create();
  await pulumi.runtime.disconnect();
  return { created, objects };
}

/** What the mocked engine generates for a resource: 64 hexadecimal digits of its name. */
export function hexOf(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

/** An output's value; undefined for no output. */
export function valueOf<T>(output: pulumi.Output<T> | undefined): Promise<T | undefined> {
  return new Promise((resolve) => {
    if (output) output.apply(resolve);
    else resolve(undefined);
  });
}

/** The value behind a property that was registered as a secret. */
export function secretValue(property: unknown): unknown {
  const { [pulumi.runtime.specialSigKey]: signature, value } = property as Record<string, unknown>;
  if (signature !== pulumi.runtime.specialSecretSig) throw new Error("registered in the clear");
  return value;
}
