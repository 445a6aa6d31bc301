import type { FastifyInstance } from "fastify";
import { extensionPatch, sleepPatch, toMilliseconds, wakePatch, type PreviewEnvironment } from "../../spec/index.ts";

import { approvalPatch } from "../http/approval-patch.ts";
import type { Mutations } from "../http/mutations.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Desk } from "./desk.ts";
import { EXTENSIONS } from "./pages/actions.ts";

interface Form {
  Params: { name: string };
  Body: Readonly<Record<string, unknown>> | undefined;
}

/** What the forms of the pages do. Each leads back to a page. */
export function serveForms(app: FastifyInstance, { context }: Desk): void {
  const { access, mutations, clock } = context;
  const change = (
    action: Parameters<Mutations["change"]>[1],
    patchWith: (body: Readonly<Record<string, unknown>>, caller: string) => (environment: PreviewEnvironment) => object,
  ): void => {
    app.post<Form>(`/environments/:name/${action}`, async (request, reply) => {
      const caller = await access.authenticate(request);
      const { name } = request.params;
      await mutations.change(caller, action, name, patchWith(request.body ?? {}, caller.name));
      return reply.redirect(`/environments/${name}?done=${action}`, 303);
    });
  };

  change("extend", ({ by }) => {
    const span = EXTENSIONS.find(([each]) => each === by)?.[0];
    if (span === undefined)
      throw new HttpProblem("invalid", `by: expected one of ${EXTENSIONS.map(([each]) => each).join(", ")}`);
    return (environment) => extensionPatch(environment, toMilliseconds(span), clock.now());
  });
  change("sleep", () => (environment) => sleepPatch(environment, clock.now()));
  change("wake", () => (environment) => wakePatch(environment, clock.now()));
  change(
    "approve",
    ({ commit }, caller) =>
      (environment) =>
        approvalPatch(environment, String(commit), caller),
  );

  app.post<Form>("/environments/:name/delete", async (request, reply) => {
    const caller = await access.authenticate(request);
    const { name } = request.params;
    await mutations.delete(caller, name);
    return reply.redirect(`/environments/${name}?done=delete`, 303);
  });
}
