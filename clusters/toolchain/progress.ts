/** Tells the user what takes time. */
export interface Progress {
  /** Announces a step; the returned object ends it. */
  start(step: string): Step;
}

/** One announced step. */
export interface Step {
  done(detail?: string): void;
  fail(detail: string): void;
}

/** The part of a stream that progress needs; process.stderr has it. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** How often lines are written that only say that a step is still running. */
const heartbeatMs = 15_000;
const frameMs = 100;
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** The fitting progress for a stream: lines that change in place on a terminal, plain lines elsewhere. */
export function createProgress(stream: ProgressStream): Progress {
  return stream.isTTY === true ? createTerminalProgress(stream) : createPlainProgress(stream);
}

/** One line when a step starts, one every 15 s while it runs, one with its seconds at the end. */
export function createPlainProgress(stream: ProgressStream): Progress {
  return {
    start(step) {
      const startedAt = Date.now();
      stream.write(`${step} ...\n`);
      const timer = setInterval(() => stream.write(`${step} ... ${elapsed(startedAt, 0)}\n`), heartbeatMs);
      timer.unref();
      return ending(timer, (mark, detail) => {
        const outcome = mark === "✓" ? "done in" : "failed after";
        stream.write(`${step}: ${outcome} ${elapsed(startedAt)}${tail(detail)}\n`);
      });
    },
  };
}

/** Running steps with a spinner and their seconds at the bottom of the terminal; finished ones stay above. */
export function createTerminalProgress(stream: ProgressStream): Progress {
  const running = new Map<symbol, { step: string; startedAt: number }>();
  let drawn = 0;
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = (above = ""): void => {
    const lines = [...running.values()].map(({ step, startedAt }) =>
      `${frames[frame % frames.length]} ${step} ${elapsed(startedAt, 0)}`.slice(0, (stream.columns ?? 80) - 1),
    );
    const erase = drawn === 0 ? "" : `\u001b[${drawn}A\u001b[0J`;
    stream.write(erase + above + lines.map((line) => `${line}\n`).join(""));
    drawn = lines.length;
  };
  return {
    start(step) {
      const id = Symbol(step);
      const startedAt = Date.now();
      running.set(id, { step, startedAt });
      timer ??= setInterval(() => {
        frame += 1;
        draw();
      }, frameMs).unref();
      draw();
      return ending(undefined, (mark, detail) => {
        running.delete(id);
        draw(`${mark} ${step} (${elapsed(startedAt)})${tail(detail)}\n`);
        if (running.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      });
    },
  };
}

/** A step ends once: what comes after the first end is ignored. */
function ending(timer: NodeJS.Timeout | undefined, end: (mark: "✓" | "✗", detail: string | undefined) => void): Step {
  let ended = false;
  const once = (mark: "✓" | "✗", detail: string | undefined): void => {
    if (!ended) {
      ended = true;
      clearInterval(timer);
      end(mark, detail);
    }
  };
  return { done: (detail) => once("✓", detail), fail: (detail) => once("✗", detail) };
}

function elapsed(startedAt: number, digits = 1): string {
  return `${((Date.now() - startedAt) / 1000).toFixed(digits)} s`;
}

function tail(detail: string | undefined): string {
  return detail === undefined ? "" : `: ${detail}`;
}
