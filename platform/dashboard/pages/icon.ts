import { Html } from "../html.ts";
import type { Tone } from "../status-view.ts";

/** Paths of 16 by 16 pixels, drawn with a line in the colour of the text. */
const PATHS = {
  check: "M3.5 8.5l3 3 6-7",
  dots: "M3 8h.01M8 8h.01M13 8h.01",
  clock: "M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z",
  cross: "M4 4l8 8M12 4l-8 8",
  moon: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z",
  bin: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5",
  circle: "M11 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0z",
  open: "M6 4H3.5v8.5H12V10M9 3.5h3.5V7M12 4L7.5 8.5",
  merge:
    "M4.5 5.5v5M4.5 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM4.5 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM11.5 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM11.5 10.5v-3a2 2 0 0 0-2-2H8M9.5 3.5l-2 2 2 2",
  search: "M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0zM10.5 10.5L14 14",
  leaf: "M3 13c1-5 4-8 10-10 .5 6-2 9.500-7 9.500-1 0-2-.5-2.500-1",
} as const;

/** Name of an icon. */
export type IconName = keyof typeof PATHS;

/** The sign of each tone, for those who don't tell colours apart. */
export const TONE_ICONS: Readonly<Record<Tone, IconName>> = {
  good: "check",
  busy: "dots",
  waiting: "clock",
  bad: "cross",
  asleep: "moon",
  gone: "bin",
  neutral: "circle",
};

/** An icon beside a text that says the same. */
export function icon(name: IconName): Html {
  return Html.trusted(`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="${PATHS[name]}"/></svg>`);
}
