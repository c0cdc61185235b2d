import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { KeyturnError } from '../errors.ts';

/** Deeper JSON than anything we take: a library that walks it by recursion would run out of stack. */
const MAX_DEPTH = 200;
/** More members, in all objects together, than anything we take: each that is refused is named. */
const MAX_MEMBERS = 100_000;

/** The names of an object so far: none, one, or several. */
type Names = undefined | string | Set<string>;

/** Where the string ends that begins at `start`; the end of the text where it does not. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** A name as it is meant; null where it is not valid, which is left to the parser. */
function readName(raw: string): string | null {
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`);
  } catch {
    return null;
  }
}

/** With one name more; null where it is there already. */
function withName(names: Names, name: string): Names | null {
  if (names === undefined) return name;
  if (typeof names === 'string') return names === name ? null : new Set([names, name]);
  return names.has(name) ? null : names.add(name);
}

/**
 * What is wrong with a JSON text besides its grammar: nested too deeply, too many members, or a name twice in an object,
 * of which every reader picks another (RFC 8259 §4). Null: nothing. One pass, before anything is built from the text.
 */
function problemOf(text: string): string | null {
  /** One entry for each open bracket; null for an array. */
  const open: (Names | null)[] = [];
  let members = 0;
  let isName = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"') {
      const end = endOfString(text, at);
      if (isName) {
        members += 1;
        if (members > MAX_MEMBERS) return `The body has more than ${MAX_MEMBERS.toLocaleString('en')} members.`;
        const name = readName(text.slice(at + 1, end));
        const names = name === null ? null : withName(open.at(-1) ?? undefined, name);
        if (name !== null && names === null) return 'An object of the body has a member twice.';
        if (names !== null) open[open.length - 1] = names;
        isName = false;
      }
      at = end;
    } else if (letter === '{' || letter === '[') {
      if (open.length === MAX_DEPTH) return `The body is nested deeper than ${MAX_DEPTH} levels.`;
      isName = letter === '{';
      open.push(isName ? undefined : null);
    } else if (letter === '}' || letter === ']') {
      open.pop();
      isName = false;
    } else if (letter === ',') isName = open.at(-1) !== null && open.length > 0;
  }
  return null;
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
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const text = isUtf8(body) ? body.toString('utf8') : null;
    const problem = text === null ? 'The body is not UTF-8.' : problemOf(text);
    if (problem !== null || text === null) {
      done(new KeyturnError('invalid_request', problem === null ? {} : { detail: problem }));
    } else if (text === '') done(null, undefined);
    else parseJson(request, text, done);
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
