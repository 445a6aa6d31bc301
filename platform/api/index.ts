import type { HttpContext } from "../http/context.ts";
import { HttpProblem } from "../http/problem.ts";
import type { HttpPlugin } from "../http/server.ts";

/** The REST API below /api/v1. */
export function restApi({ environments, access }: HttpContext): HttpPlugin {
  return (app) => {
    app.get<{ Params: { name: string } }>("/api/v1/environments/:name", async (request) => {
      const { name } = request.params;
      await access.demand(await access.authenticate(request), "get", name);
      const found = environments.get(name) ?? (await environments.read(name));
      if (found === undefined) throw new HttpProblem("not-found", `There is no environment ${name}.`);
      return found;
    });
  };
}
