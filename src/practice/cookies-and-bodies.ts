import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** A body as a form or as a JSON object: the first value of each name, texts only. */
export type Fields = Readonly<Record<string, string | undefined>>;

/** A cookie of the request (RFC 6265 §5.4), undecoded: the site only sets values that need no encoding. */
export function readCookie(request: FastifyRequest, name: string): string | null {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}

/** Adds a `Set-Cookie`, HttpOnly and SameSite=Lax; `maxAge` in seconds, left out for the life of the browser. */
export function setCookie(
  reply: FastifyReply,
  name: string,
  value: string,
  { path, maxAge }: { path: string; maxAge?: number | undefined },
): void {
  const age = maxAge === undefined ? '' : `; Max-Age=${maxAge}`;
  reply.header('set-cookie', `${name}=${value}; Path=${path}; HttpOnly; SameSite=Lax${age}`);
}

function textsOf(pairs: Iterable<[string, unknown]>): Fields {
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of pairs) if (typeof value === 'string' && !(name in fields)) fields[name] = value;
  return fields;
}

/** What a form or a JSON body says; nothing for any other body. */
export function fieldsOf(request: FastifyRequest): Fields {
  const { body } = request;
  return body && typeof body === 'object' ? textsOf(Object.entries(body)) : {};
}

export function queryOf(request: FastifyRequest): Fields {
  return textsOf(new URL(request.url, 'http://localhost').searchParams);
}

/** Forms become objects, anything unknown stays text, so that every body can be looked through. */
export function parseBodies(app: FastifyInstance): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, textsOf(new URLSearchParams(String(body))));
  });
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}
