import type { FastifyInstance } from 'fastify';
import { invalidAt, KeyturnError } from '../errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Members of the body that are kept as bytes, and so may hold any text: sessions of a browser do. */
    anyText?: readonly string[];
  }
}

/**
 * What Node holds a request to before there is one. Bytes of its first line and headers; and a request without a Host
 * comes to us, since Node's own answer to it is not in our error shape.
 */
export const HTTP_LIMITS = { maxHeaderSize: 16 * 1024, requireHostHeader: false } as const;

const MAX_HEADERS = 100;
/** RFC 9110 §4.1 asks for 8,000 at least. */
const MAX_URL = 8_192;

function isEncoded(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}

/**
 * Where a text is that no database takes: NUL ends strings in C (PostgreSQL refuses it), and half of a surrogate pair has
 * no UTF-8. Null: nowhere.
 */
function badText(value: unknown, path: string, skipped: readonly string[] = []): string | null {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? path : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, member] of Object.entries(value)) {
    if (badText(name, path) !== null) return path;
    if (skipped.includes(name)) continue;
    const found = badText(member, `${path}/${name}`);
    if (found !== null) return found;
  }
  return null;
}

/** Refuses what is longer than any call needs, and text that cannot be kept. The body has its limits in readBodies. */
export function limitRequests(app: FastifyInstance): void {
  // Node's own answer (417) is not in our error shape, and nothing obliges us to refuse (RFC 9110 §10.1.1).
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.addHook('onRequest', async ({ raw }) => {
    // Node drops headers beyond its own bound without a word, among them perhaps the key.
    if (raw.rawHeaders.length / 2 > MAX_HEADERS) throw new KeyturnError('headers_too_large');
    const url = raw.url ?? '';
    if (url.length > MAX_URL) throw new KeyturnError('uri_too_long');
    if (raw.headers.host === undefined && raw.httpVersion === '1.1') {
      throw new KeyturnError('invalid_request', { detail: 'The request names no host.' });
    }
    const query = url.indexOf('?');
    if (query !== -1 && !isEncoded(url.slice(query))) {
      throw new KeyturnError('invalid_request', { detail: 'The query is not percent-encoded as it should be.' });
    }
  });
  app.addHook('preValidation', async ({ params, query, body, routeOptions }) => {
    const place =
      badText(params, 'params') ?? badText(query, 'query') ?? badText(body, '', routeOptions.config.anyText);
    if (place !== null) throw invalidAt(place.slice(0, 300) || '/', 'must not hold NUL or half of a surrogate pair');
  });
}
