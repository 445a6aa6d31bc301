/** Where programs are found. */
const FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Where programs are found, as an environment variable. */
export const PATH = `PATH=${FOLDERS}`;

/** {@link PATH} with a folder in front of the others. */
export function pathWith(folder: string): string {
  return `PATH=${folder}:${FOLDERS}`;
}

/** What a program that was compiled for Debian runs on. */
export const RUNTIME: readonly string[] = [
  "base-files",
  "ca-certificates",
  "libc6",
  "libgcc-s1",
  "libstdc++6",
  "tzdata",
];

/** What the steps of a Dockerfile run in. */
export const SHELL: readonly string[] = ["bash", "coreutils", "dash", "findutils", "grep", "libc-bin", "sed"];

/** Joins the authorities' certificates to the one file that programs read, as the package's own script would. */
export const JOIN_CERTIFICATES = "cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt";

/**
 * Command of a recipe that removes what no program in an image reads, and this machine's name and DNS servers, which come with
 * unpacking. Perl serves the packages' own scripts alone.
 */
export const STRIP = [
  "rm -rf",
  ...["doc", "info", "lintian", "locale", "man", "perl*"].map((name) => `usr/share/${name}`),
  "usr/bin/perl* usr/lib/*/perl* usr/lib/*/libperl*",
  "var/cache/* var/lib/apt var/lib/dpkg var/log/*",
  "etc/hostname etc/resolv.conf",
].join(" ");
