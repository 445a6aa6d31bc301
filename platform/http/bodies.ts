import type { FastifyInstance } from "fastify";

/** Most bytes of a request's body, where a plugin does not say otherwise. */
export const BODY_LIMIT = 256 * 1024;

/**
 * Within this plugin, bodies of every type stay the bytes that came, as a Buffer: signatures are made over these.
 *
 * @param bodyLimit in bytes.
 */
export function keepRawBodies(app: FastifyInstance, bodyLimit = BODY_LIMIT): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit }, (_request, body, done) => {
    done(null, body);
  });
}

/** Within this plugin, the fields of HTML forms are read as well: text by name, the last of those with the same name. */
export function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body.toString())));
  });
}
