import { withService, type Refusal } from "../environments.ts";
import { VOLUME } from "./wording.ts";

/** What pods run as and mount. */
export const pods: readonly Refusal[] = [
  {
    what: "root as the user",
    input: withService({ user: 0 }),
    error: ["services.api.user: got 0, expected a numeric user id from 1 (root is not allowed)"],
  },
  {
    what: "a user id that Linux doesn't have",
    input: withService({ user: 2 ** 31 }),
    error: ["services.api.user: got 2147483648, expected a numeric user id of at most 2147483647"],
  },
  {
    what: "a volume on /tmp",
    input: withService({ volumes: [{ ...VOLUME, mountPath: "/tmp" }] }),
    error: [
      'services.api.volumes[0].mountPath: got "/tmp", expected a path other than "/" and "/tmp", which is scratch space in every pod',
    ],
  },
  {
    what: "a volume on the root folder",
    input: withService({ volumes: [{ ...VOLUME, mountPath: "/" }] }),
    error: [
      'services.api.volumes[0].mountPath: got "/", expected a path other than "/" and "/tmp", which is scratch space in every pod',
    ],
  },
  {
    what: "a volume called tmp",
    input: withService({ volumes: [{ ...VOLUME, name: "tmp" }] }),
    error: ['services.api.volumes[0].name: got "tmp", expected a name other than "tmp", which every pod has'],
  },
  ...["data", "/data/", "/a/../b", "/a:b", "/a//b"].map((mountPath) => ({
    what: `a volume on "${mountPath}"`,
    input: withService({ volumes: [{ ...VOLUME, mountPath }] }),
    error: [
      `services.api.volumes[0].mountPath: got "${mountPath}", expected an absolute path such as "/data": no ":", no "." or ".." as a part, no "/" at the end`,
    ],
  })),
  {
    what: "two volumes on one path",
    input: withService({ volumes: [VOLUME, { ...VOLUME, name: "more" }] }),
    error: ['services.api.volumes[1].mountPath: got "/data", expected another mountPath than volumes[0]'],
  },
  {
    what: "two volumes of one name",
    input: withService({ volumes: [VOLUME, { ...VOLUME, mountPath: "/more" }] }),
    error: ['services.api.volumes[1].name: got "data", expected another name than volumes[0]'],
  },
  {
    what: "metrics as true",
    input: withService({ metrics: true }),
    error: ["services.api.metrics: got true, expected false, or a map with the keys port and path"],
  },
  {
    what: "an identity that doesn't exist",
    input: withService({ identity: "sticky" }),
    error: ['services.api.identity: got "sticky", expected "none" or "stable"'],
  },
  {
    what: "a probe without an interval",
    input: withService({ probes: { liveness: { periodSeconds: 0 } } }),
    error: ["services.api.probes.liveness.periodSeconds: got 0, expected a whole number of at least 1"],
  },
  {
    what: "no time to stop",
    input: withService({ terminationGracePeriodSeconds: 0 }),
    error: ["services.api.terminationGracePeriodSeconds: got 0, expected a whole number from 1 to 3600"],
  },
];
