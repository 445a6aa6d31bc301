import { type CommandResult, lastLines } from "../../clusters/run-command.ts";
import { CommandFailure } from "../exit.ts";
import { type KubeManifest, toManifest } from "../rendered-object.ts";

/** What an update would do to an object. */
export type Action = "create" | "change" | "replace" | "delete" | "keep";

/** One resource in a preview of the engine, as far as people care for it: an object of Kubernetes, or a generated value. */
export interface Step {
  readonly action: Action;
  /** e.g. "Deployment shop-prod/web" or "generated value postgres-password". */
  readonly object: string;
  /** The object before, without secrets; undefined where there was none, and for generated values. */
  readonly before?: KubeManifest;
  /** The object after. */
  readonly after?: KubeManifest;
  /** Paths of the properties that force a replacement. */
  readonly replacedFor: readonly string[];
  /** Paths of the properties that differ to the engine, also those whose values are secret. */
  readonly changedPaths: readonly string[];
  /** Whether the engine refuses to delete it. */
  readonly isProtected: boolean;
  /** Whether it was protected before and is not any more. */
  readonly losesProtection: boolean;
}

/** What `pulumi preview --json --show-sames` said. */
export interface Preview {
  readonly steps: readonly Step[];
  /** What kept the engine from seeing everything. */
  readonly errors: readonly string[];
}

interface EngineStep {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: EngineState;
  readonly newState?: EngineState;
  readonly replaceReasons?: readonly string[] | null;
  readonly detailedDiff?: Readonly<Record<string, unknown>> | null;
}

interface EngineState {
  readonly type?: string;
  readonly inputs?: unknown;
  readonly protect?: boolean;
}

/** The engine's operations, where one step stands for a whole replacement. */
const ACTIONS: Readonly<Record<string, Action>> = {
  create: "create",
  update: "change",
  replace: "replace",
  delete: "delete",
  same: "keep",
};

/** Resources that make a value once and keep it in the state. */
const GENERATED = "random:";
const KUBERNETES = "kubernetes:";

/**
 * Reads a preview.
 *
 * @param protectedUrns resources that are protected beyond what the preview says.
 * @throws SyntaxError when it is no JSON: the engine did not get that far.
 */
export function readPreview(output: string, protectedUrns: ReadonlySet<string> = new Set()): Preview {
  const { steps = [], diagnostics = [] } = JSON.parse(output) as {
    steps?: EngineStep[];
    diagnostics?: { severity?: string; message?: string }[];
  };
  const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ message = "" }) => message);
  return {
    steps: steps.flatMap((step) => toStep(step, protectedUrns) ?? []).sort(byObject),
    errors: errors.map((message) => message.replace(/^error: /, "").trim()).filter((message) => message !== CLOSING),
  };
}

/**
 * Reads what the engine's command left, see {@link readPreview}.
 *
 * @throws CommandFailure when the engine did not get as far as a preview.
 */
export function previewFromResult(result: CommandResult, protectedUrns?: ReadonlySet<string>): Preview {
  let preview: Preview;
  try {
    preview = readPreview(result.stdout, protectedUrns);
  } catch {
    throw new CommandFailure(`The preview failed: ${lastLines(result, 10)}`);
  }
  if (result.code === 0 || preview.errors.length > 0) return preview;
  return { ...preview, errors: [`The preview failed: ${lastLines(result, 10)}`] };
}

/** What the engine says after all other errors. */
const CLOSING = "preview failed";

function toStep({ op, urn, oldState, newState, ...reasons }: EngineStep, protectedUrns: ReadonlySet<string>) {
  const action = ACTIONS[op];
  const type = (newState ?? oldState)?.type ?? "";
  if (action === undefined || !(type.startsWith(KUBERNETES) || type.startsWith(GENERATED))) return undefined;
  const [before, after] = [toManifest(oldState?.inputs), toManifest(newState?.inputs)];
  const wasProtected = oldState?.protect === true || protectedUrns.has(urn);
  const step: Step = {
    action,
    object: nameOf(after ?? before, urn),
    ...(before ? { before } : {}),
    ...(after ? { after } : {}),
    replacedFor: reasons.replaceReasons ?? [],
    changedPaths: Object.keys(reasons.detailedDiff ?? {}),
    isProtected: wasProtected,
    losesProtection: wasProtected && newState !== undefined && newState.protect !== true,
  };
  return step;
}

function nameOf(manifest: KubeManifest | undefined, urn: string): string {
  if (manifest === undefined) return `generated value ${urn.slice(urn.lastIndexOf("::") + 2)}`;
  const { kind, metadata } = manifest;
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
}

function byObject(one: Step, other: Step): number {
  return one.object < other.object ? -1 : one.object > other.object ? 1 : 0;
}
