/**
 * Environment of the programs that a host cluster runs: the same whoever runs the command, and without the user's proxy
 * settings, which would send traffic of the cluster elsewhere.
 *
 * @param bin a folder to look into first.
 */
export function systemEnvironment(bin?: string): Record<string, string> {
  const folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  return {
    PATH: [...(bin === undefined ? [] : [bin]), ...folders].join(":"),
    HOME: "/root",
    LC_ALL: "C",
    DEBIAN_FRONTEND: "noninteractive",
  };
}
