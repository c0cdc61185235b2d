import type { FastifyInstance } from 'fastify';
import { KeyturnError } from '../errors.ts';

/** Deeper JSON than anything we take: a library that walks it by recursion would run out of stack. */
const MAX_DEPTH = 200;

/** Whether brackets outside of strings nest deeper than that. One pass, before anything is built from the text. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (inString) {
      if (letter === '\\') at += 1;
      else if (letter === '"') inString = false;
    } else if (letter === '"') inString = true;
    else if (letter === '{' || letter === '[') {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (letter === '}' || letter === ']') depth -= 1;
  }
  return false;
}

/** Bodies are JSON. No body at all is accepted whatever content type a client puts on it. */
export function readBodies(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => {
    // Without a body its type says nothing, however it is spelled.
    const none = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
    if (none) delete headers['content-type'];
  });
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body);
    if (text === '') done(null, undefined);
    else if (isTooDeep(text)) {
      done(new KeyturnError('invalid_request', { detail: `The body is nested deeper than ${MAX_DEPTH} levels.` }));
    } else parseJson(request, text, done);
  });
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') done(null, undefined);
    else done(new KeyturnError('unsupported_media_type'));
  });
  app.addHook('preValidation', async ({ body, routeOptions }) => {
    if (body === undefined || routeOptions.config.scope === undefined || routeOptions.schema?.body) return;
    const empty = typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
    if (!empty) throw new KeyturnError('invalid_request', { detail: 'This call takes no body.' });
  });
}

/** Members of a form, in the order they came; one that came twice is kept twice. */
export type FormBody = [name: string, value: string][];

/** Lets the routes of this scope, and no others, take HTML forms, and nothing else. */
export function readForms(scope: FastifyInstance): void {
  scope.removeContentTypeParser('application/json');
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, [...new URLSearchParams(String(body))] satisfies FormBody);
  });
}
