/** Something that keeps the toolchain from being installed. The message says what is wrong, where, and what to do. */
export class ToolchainError extends Error {
  override readonly name: string = "ToolchainError";
}

/** Go is missing or too old: the reader installs Go, or the official tools that make Go unnecessary. */
export class GoRequiredError extends ToolchainError {
  override readonly name = "GoRequiredError";
}

/** A build or download command failed: the reader looks at its output. */
export class CommandError extends ToolchainError {
  override readonly name = "CommandError";
  /** One line: how the command ended, and the last line that it wrote. */
  readonly summary: string;

  constructor(message: string, summary: string) {
    super(message);
    this.summary = summary;
  }
}

/** A file is not what was pinned or installed: the reader decides whether to trust the machine, then deletes the file. */
export class ChecksumError extends ToolchainError {
  override readonly name = "ChecksumError";
  readonly file: string;
  readonly expected: string;
  readonly got: string;

  constructor(file: string, expected: string, got: string, advice: string) {
    super(`checksum of ${file} differs: expected ${expected}, got ${got}. ${advice}`);
    this.file = file;
    this.expected = expected;
    this.got = got;
  }
}

/** The `code` of a system error such as ENOENT; undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
