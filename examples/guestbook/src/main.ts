import { SettingsError, type Environment } from "./settings.ts";

/** Each role loads its own code only: the auth service needs no database driver. */
const ROLES: Readonly<Record<string, (env: Environment) => Promise<void>>> = {
  mf: async (env) => (await import("./pages-server.ts")).startPages(env),
  backend: async (env) => (await import("./backend.ts")).startBackend(env),
  worker: async (env) => (await import("./worker.ts")).startWorker(env),
  auth: async (env) => (await import("./auth.ts")).startAuth(env),
  migrate: async (env) => (await import("./migrate.ts")).runMigrations(env),
};

/** Starts a role. A role that serves returns as soon as it listens; a failure to start sets exit code 1. */
export async function main(role: string | undefined, env: Environment): Promise<void> {
  const start = role === undefined ? undefined : ROLES[role];
  try {
    if (!start) {
      throw new SettingsError(
        `The role is ${role ? `"${role}"` : "missing"}; allowed are ${Object.keys(ROLES).join(", ")}.`,
      );
    }
    await start(env);
  } catch (error) {
    const err = error instanceof Error ? { type: error.name, message: error.message, stack: error.stack } : error;
    const expected = error instanceof SettingsError;
    process.stdout.write(
      `${JSON.stringify({ level: "fatal", time: new Date().toISOString(), role, msg: expected ? error.message : `${role} could not start`, ...(expected ? {} : { err }) })}\n`,
    );
    process.exit(1);
  }
}
