import type { z } from "zod";
import { annotatedSchema } from "./annotated-schema.ts";
import { code, fence, heading, table } from "./markdown.ts";
import { previewEnvironmentSchema } from "./preview-environment.ts";
import type { CONDITIONS } from "./preview-environment-status.ts";
import { previewEnvironmentStatusSchema, type ConditionType, type Phase } from "./preview-environment-status.ts";
import { referenceRows } from "./reference.ts";

const PHASES: Readonly<Record<Phase, string>> = {
  Queued:
    "It waits for a place under the caps, where `status.position` counts from 1, or for the approval of a fork's commit.",
  Provisioning: "An update runs or is about to.",
  Ready: "It runs as `spec` says.",
  Asleep: "Nothing of it runs; its data stays. A request for one of its pages wakes it, or `terrarium env wake`.",
  Failed: "The last update failed. The condition Ready says why, and whether it is tried again.",
  Terminating: "It is being removed.",
  DeleteBlocked: "Something holds its removal up; the condition DeleteBlocked names it. It is tried again for ever.",
};

const TYPES: Readonly<Record<ConditionType, string>> = {
  Ready: "It runs as `spec` says.",
  Admitted: "A place was found under the caps.",
  Asleep: "It sleeps, or is being put to sleep.",
  InSync: "What runs is what was applied, as far as the last look found.",
  Seeded: "Its database started with the data that was chosen; set only where some was.",
  Expiring: "Its time runs out soon, or has.",
  DeleteBlocked: "Its removal does not end; set only while that is so.",
};

const REASONS: { readonly [Type in ConditionType]: Readonly<Record<(typeof CONDITIONS)[Type][number], string>> } = {
  Ready: {
    Queued: "It waits for a place.",
    Provisioning: "An update runs or is about to.",
    Ready: "All is well.",
    Asleep: "It sleeps; the condition Asleep says why.",
    InvalidSpec: "What it asks for makes no environment; only a change helps.",
    UnknownRepository: "The platform's configuration does not know the repository.",
    ApprovalNeeded: "Its commit comes from a fork and was not approved; the message says how that is done.",
    PolicyViolation: "A policy forbids what it asks for; only a change helps.",
    UpdateFailed: "The update failed; the message says at what.",
    Timeout: "The update took too long.",
    OutOfMemory: "The update needed more memory than it may have.",
    StateLocked: "Another update of the same stack runs elsewhere.",
    ClusterUnavailable: "The cluster does not answer; it is tried again.",
    RunnerLost: "The process that ran the update ended without a word; it is tried again.",
    Terminating: "It is being removed.",
  },
  Admitted: {
    Admitted: "It has a place.",
    GlobalCap: "As many preview environments run as the platform allows.",
    RepositoryCap: "As many run as one repository may have.",
    UserCap: "As many run as one owner may have.",
    Asleep: "It sleeps and takes no place; it gets one again when it wakes.",
  },
  Asleep: {
    Awake: "It is awake, or is to be.",
    Idle: "Nobody has asked for its pages for some time.",
    Scheduled: "Its schedule says so.",
    Requested: "Somebody asked for it: `terrarium env sleep`.",
  },
  InSync: {
    InSync: "Nothing differs.",
    Drifted: "Somebody changed objects by hand; the message lists them.",
    Repaired: "Somebody had changed objects by hand; the last update put them back.",
    NotChecked: "Nobody has looked yet, or nobody is to.",
  },
  Seeded: {
    Loaded: "The data is there.",
    Restored: "The volume was made from a snapshot.",
    NotLoaded: "The database started empty, and migrations went on; the message says why.",
  },
  Expiring: {
    NotExpiring: "There is time left, or no limit.",
    ExpiresSoon: "The time to live ends soon; `terrarium env extend` gives more.",
    Expired: "The time to live has ended; it is removed.",
  },
  DeleteBlocked: {
    DestroyFailed: "Objects could not be deleted.",
    NamespaceHeld: "The namespace does not go; the message names the finalizer.",
    VolumeHeld: "A volume does not go; the message names it.",
    StackHeld: "The stack's state does not go.",
  },
};

/**
 * Writes the reference of the Environment resource: every field of spec and status, phases, conditions and reasons.
 *
 * @returns Markdown.
 */
export function previewEnvironmentReference(): string {
  return [
    HEAD,
    heading("spec", "spec"),
    "What people write.",
    fieldTable(previewEnvironmentSchema),
    heading("status", "status"),
    "What the platform service writes. Nobody else does.",
    fieldTable(previewEnvironmentStatusSchema),
    heading("Phases", "phases"),
    table(
      ["`status.phase`", "Meaning"],
      Object.entries(PHASES).map(([phase, meaning]) => [code(phase), meaning]),
    ),
    heading("Conditions", "conditions"),
    table(
      ["Type", "Reason", "Meaning"],
      Object.entries(TYPES).flatMap(([type, meaning]) => [
        [code(type), "", meaning],
        ...Object.entries(REASONS[type as ConditionType]).map(([reason, why]) => ["", code(reason), why]),
      ]),
    ),
    TAIL,
  ].join("\n\n");
}

function fieldTable(schema: z.ZodType): string {
  const section = { title: "", anchor: "", path: "", schema: "", within: [], specimen: [], intro: "", example: "" };
  return table(
    ["Field", "Type", "Default", "Meaning"],
    referenceRows(section, annotatedSchema(schema)).map(({ path, type, default: value, description }) => {
      if (description === "") throw new Error(`${path} has no description; add .meta({ description }) in spec/.`);
      return [code(path), type, value, description];
    }),
  );
}

const HEAD = `# Environment reference

Generated from the schema by \`npm run docs\`; \`make test\` fails when it is out of date. The
[guide](../guides/preview-environments.md) explains how to use it. The definition for \`kubectl apply\` is
[platform/crd/environments.yaml](../../platform/crd/environments.yaml); it needs Kubernetes 1.30 or newer.

${fence(`
apiVersion: terrarium.dev/v1alpha1
kind: Environment
metadata: { name: shop-42, namespace: terrarium }
spec:
  source: { repository: https://git.example.com/team/shop, branch: feature/checkout }
  owner: ada
  ttl: 72h
`)}

The name has at most 50 lower-case letters, digits and \`-\`, because the namespaces \`preview-<name>\` and
\`preview-<name>-logs\` are made from it.`;

const TAIL = `<a id="quantities"></a>

## Quantities

Text: cores with at most three decimals or in whole millicores (\`"250m"\`, \`"0.5"\`, \`"2"\`), and whole bytes (\`"128Mi"\`,
\`"1Gi"\`, \`"500M"\`). Numbers need quotes here.

<a id="refusals"></a>

## What is refused, and by whom

The API server refuses a wrong object with the words that \`terrarium env create\` uses: patterns, ranges, names and values that
stay as they were created are rules of the definition. Types, choices, missing fields and very long texts are refused in
Kubernetes' own words. Unknown fields are refused for everybody who asks for strict validation, as \`kubectl create\`,
\`kubectl apply\` and \`terrarium env\` do; for others the API server drops them with a warning. \`null\` counts as left out where there
is a default.
`;
