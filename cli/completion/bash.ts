import { type Place, spellings } from "./places.ts";

/** Script for bash: `source <(terrarium completion bash)`. */
export function bashCompletion(name: string, places: readonly Place[]): string {
  return `# Completes ${name} in bash: source <(${name} completion bash)
_${name}() {
  local at="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${at:+$at }$word" in
      ${commandPattern(places)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at|\${COMP_WORDS[COMP_CWORD-1]}" in
${optionCases(places, ({ choices }) => (choices.length > 0 ? `words="${choices.join(" ")}"` : "COMPREPLY=(); return"))}
  esac
  [ -n "$words" ] || case "$at" in
${places.map((place) => `    "${place.at}") words="${allWords(place).join(" ")}" ;;`).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}
`;
}

/** Pattern of a `case` for every sequence of commands. */
export function commandPattern(places: readonly Place[]): string {
  return places.flatMap(({ at }) => (at === "" ? [] : [`"${at}"`])).join(" | ");
}

/** Lines of a `case` for "place|option": what is done after an option that takes a value. */
export function optionCases(places: readonly Place[], toAction: (option: Place["options"][number]) => string): string {
  return places
    .flatMap(({ at, options }) => options.filter(({ takesValue }) => takesValue).map((option) => ({ at, option })))
    .map(({ at, option }) => {
      const pattern = spellings(option).map((spelling) => `"${at}|${spelling}"`);
      return `    ${pattern.join(" | ")}) ${toAction(option)} ;;`;
    })
    .join("\n");
}

function allWords({ words, options }: Place): string[] {
  return [...words.map(({ word }) => word), ...options.map(({ long }) => `--${long}`)];
}
