import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { promisify } from "node:util";
import { status, type handleUnaryCall, type UntypedServiceImplementation } from "@grpc/grpc-js";
import type { StoredSnapshot, VolumeFolders } from "./volume-folders.ts";

/** Name of the driver. */
export const DRIVER = "folders.csi.example.com";

/** What a call brings along, of what is looked at. */
interface Request {
  readonly name: string;
  readonly volumeId: string;
  readonly snapshotId: string;
  readonly sourceVolumeId: string;
  readonly targetPath: string;
  readonly capacityRange: { readonly requiredBytes: number } | null;
  readonly volumeContentSource: { readonly snapshot: { readonly snapshotId: string } | null } | null;
}

/** Why a call is not carried out. */
class CallError extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * What a storage driver answers to the controllers and to the kubelet, for volumes that are folders of this machine.
 *
 * @param node name of the only node.
 * @see https://github.com/container-storage-interface/spec/blob/master/spec.md
 */
export function driverServices(
  folders: VolumeFolders,
  node: string,
): Readonly<Record<"Identity" | "Controller" | "Node", UntypedServiceImplementation>> {
  return { Identity: identity(), Controller: controller(folders), Node: onNode(folders, node) };
}

/** What the kubelet made of a driver that it found. */
export interface Registration {
  readonly pluginRegistered: boolean;
  readonly error: string;
}

/**
 * What the kubelet asks a driver that it finds.
 *
 * @param socket path of the driver's own.
 * @param told is called with what came of it.
 */
export function registration(socket: string, told: (result: Registration) => void): UntypedServiceImplementation {
  return {
    getInfo: answer(() => ({ type: "CSIPlugin", name: DRIVER, endpoint: socket, supportedVersions: ["1.0.0"] })),
    notifyRegistrationStatus: unary<Registration>((result) => {
      told(result);
      return {};
    }),
  };
}

function identity(): UntypedServiceImplementation {
  return {
    getPluginInfo: answer(() => ({ name: DRIVER, vendorVersion: "1" })),
    getPluginCapabilities: answer(() => ({ capabilities: [{ service: { type: "CONTROLLER_SERVICE" } }] })),
    probe: answer(() => ({ ready: { value: true } })),
  };
}

function controller(folders: VolumeFolders): UntypedServiceImplementation {
  const can = ["CREATE_DELETE_VOLUME", "CREATE_DELETE_SNAPSHOT", "LIST_SNAPSHOTS"];
  return {
    controllerGetCapabilities: answer(() => ({ capabilities: can.map((type) => ({ rpc: { type } })) })),
    createVolume: answer(async ({ name, capacityRange, volumeContentSource }) => {
      const from = volumeContentSource?.snapshot?.snapshotId;
      if (volumeContentSource && !folders.snapshots().some(({ id }) => id === from))
        throw new CallError(status.NOT_FOUND, `there is no snapshot ${from}`);
      const { id, bytes } = await folders.createVolume(name, capacityRange?.requiredBytes ?? 0, from);
      return { volume: { volumeId: id, capacityBytes: bytes, contentSource: volumeContentSource } };
    }),
    deleteVolume: answer(({ volumeId }) => {
      folders.deleteVolume(volumeId);
      return {};
    }),
    createSnapshot: answer(async ({ name, sourceVolumeId }) => {
      if (!folders.hasVolume(sourceVolumeId))
        throw new CallError(status.NOT_FOUND, `there is no volume ${sourceVolumeId}`);
      return { snapshot: toSnapshot(await folders.createSnapshot(name, sourceVolumeId)) };
    }),
    deleteSnapshot: answer(({ snapshotId }) => {
      folders.deleteSnapshot(snapshotId);
      return {};
    }),
    listSnapshots: answer(({ snapshotId, sourceVolumeId }) => {
      const found = folders
        .snapshots()
        .filter(({ id, source }) => [id, ""].includes(snapshotId) && [source, ""].includes(sourceVolumeId));
      return { entries: found.map((each) => ({ snapshot: toSnapshot(each) })) };
    }),
  };
}

function onNode(folders: VolumeFolders, node: string): UntypedServiceImplementation {
  const run = promisify(execFile);
  return {
    nodeGetInfo: answer(() => ({ nodeId: node })),
    nodeGetCapabilities: answer(() => ({ capabilities: [] })),
    nodePublishVolume: answer(async ({ volumeId, targetPath }) => {
      if (!folders.hasVolume(volumeId)) throw new CallError(status.NOT_FOUND, `there is no volume ${volumeId}`);
      mkdirSync(targetPath, { recursive: true });
      if (!isMounted(targetPath)) await run("mount", ["--bind", folders.volumePath(volumeId), targetPath]);
      return {};
    }),
    nodeUnpublishVolume: answer(async ({ targetPath }) => {
      if (isMounted(targetPath)) await run("umount", [targetPath]);
      try {
        rmdirSync(targetPath);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
      return {};
    }),
  };
}

function isMounted(path: string): boolean {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines.some((line) => line.split(" ")[4] === path);
}

function toSnapshot({ id, bytes, source, taken }: StoredSnapshot): object {
  return {
    snapshotId: id,
    sourceVolumeId: source,
    sizeBytes: bytes,
    creationTime: { seconds: Math.floor(taken / 1000), nanos: (taken % 1000) * 1_000_000 },
    readyToUse: true,
  };
}

/** {@link unary} for what brings along a {@link Request}. */
function answer(work: (request: Request) => object | Promise<object>): handleUnaryCall<Request, object> {
  return unary<Request>(work);
}

/** A call's answer, or what went wrong, with its code. */
function unary<T>(work: (request: T) => object | Promise<object>): handleUnaryCall<T, object> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(work)
      .then(
        (response) => callback(null, response),
        (error: unknown) => {
          const code = error instanceof CallError ? error.code : status.INTERNAL;
          callback({ code, details: error instanceof Error ? error.message : String(error) });
        },
      );
  };
}
