import { commandPattern, optionCases } from "./bash.ts";
import type { Place } from "./places.ts";

/** Script for zsh: `source <(terrarium completion zsh)`. */
export function zshCompletion(name: string, places: readonly Place[]): string {
  return `#compdef ${name}
# Completes ${name} in zsh: source <(${name} completion zsh)
_${name}() {
  local at="" word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${at:+$at }$word" in
      ${commandPattern(places)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at|\${words[CURRENT-1]}" in
${optionCases(places, ({ choices }) => (choices.length > 0 ? `found=(${choices.map(quote).join(" ")})` : "_files; return"))}
  esac
  (( $#found )) || case "$at" in
${places.map((place) => `    "${place.at}") found=(\n${described(place)}\n    ) ;;`).join("\n")}
  esac
  _describe ${name} found || _files
}
compdef _${name} ${name}
`;
}

function described({ words, options }: Place): string {
  return [...words, ...options.map(({ long, description }) => ({ word: `--${long}`, description }))]
    .map(({ word, description }) => `      ${quote(`${word.replaceAll(":", "\\:")}:${description}`)}`)
    .join("\n");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
