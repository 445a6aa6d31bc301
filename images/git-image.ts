import { JOIN_CERTIFICATES, PATH, RUNTIME, STRIP } from "./debian-files.ts";
import type { RootRecipe } from "./recipe.ts";

/** git and a shell for the scripts of services from source. @see https://github.com/alpine-docker/git */
export const git: RootRecipe = {
  packages: { suite: "trixie", names: [...RUNTIME, "coreutils", "dash", "git"] },
  users: { nonroot: { id: 65532, home: "/tmp" } },
  commands: [JOIN_CERTIFICATES, STRIP],
  config: { Entrypoint: ["git"], Cmd: ["--help"], Env: [PATH] },
};
