/** Where programs are found, as an environment variable. */
export const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Command of a recipe that removes what no program in an image reads; Perl serves the packages' own scripts alone. */
export const STRIP = [
  "rm -rf",
  ...["doc", "info", "lintian", "locale", "man", "perl*"].map((name) => `usr/share/${name}`),
  "usr/bin/perl* usr/lib/*/perl* usr/lib/*/libperl*",
  "var/cache/* var/lib/apt var/lib/dpkg var/log/*",
].join(" ");
