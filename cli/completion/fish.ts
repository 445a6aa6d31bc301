import type { CompletedOption, Place } from "./places.ts";

/** Script for fish: `terrarium completion fish | source`. */
export function fishCompletion(name: string, places: readonly Place[]): string {
  const commands = places.flatMap(({ at }) => (at === "" ? [] : [quote(at)]));
  const lines = places.flatMap(({ at, words, options }) => {
    const here = `complete -c ${name} -n ${quote(`__${name}_at "${at}"`)}`;
    return [
      ...words.map(({ word, description }) => `${here} -f -a ${quote(word)} -d ${quote(description)}`),
      ...options.map((option) => `${here} ${toArguments(option)}`),
    ];
  });
  return `# Completes ${name} in fish: ${name} completion fish | source
function __${name}_at
  set -l at ""
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$at $word")
    contains -- $next ${commands.join(" ")}; and set at $next
  end
  test "$at" = "$argv[1]"
end
${lines.join("\n")}
`;
}

function toArguments({ long, short, description, takesValue, choices }: CompletedOption): string {
  const value = takesValue ? (choices.length > 0 ? ` -x -a ${quote(choices.join(" "))}` : " -r") : "";
  return `-l ${long}${short === undefined ? "" : ` -s ${short}`} -d ${quote(description)}${value}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
