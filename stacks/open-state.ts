import { fileURLToPath } from "node:url";
import { folderState } from "./folder-state.ts";
import { postgresState } from "./postgres-state.ts";
import type { StateFiles } from "./state-files.ts";

/**
 * The files of a backend.
 *
 * @param address of the backend, as Pulumi takes it: file://…, postgres://…, s3://….
 * @returns undefined for backends whose files only Pulumi reaches: buckets and Pulumi's own service.
 */
export function openState(address: string): StateFiles | undefined {
  if (address.startsWith("file://")) return folderState(fileURLToPath(withoutParameters(address)));
  return address.startsWith("postgres://") ? postgresState(address) : undefined;
}

function withoutParameters(address: string): string {
  return address.replace(/\?.*$/, "");
}
