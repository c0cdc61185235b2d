/** A request as far as it tells where it goes. */
interface Outgoing {
  method: string;
  url: string;
  body: Buffer | null;
}

/** A body longer than this is no call of a protocol that names its operations. */
const MAX_BODY = 1_000_000;

/** Where a page sends something, as it can be known again: method, origin, path and operation. Null where that is not HTTP. */
export function destinationOf(request: Outgoing): string | null {
  const address = URL.parse(request.url);
  if (!address || !/^https?:$/.test(address.protocol)) return null;
  return destinationAt(`${request.method} ${address.origin}${address.pathname}`, operationOf(request.body));
}

/** The same of a place, as method, origin and path, and an operation. */
export const destinationAt = (place: string, operation: string | null): string => `${place} ${operation ?? ''}`;

/** Whether a method asks for something and brings nothing (RFC 9110 §9.2.1). */
export const isSafe = (method: string): boolean => /^(GET|HEAD|OPTIONS)$/.test(method);

/**
 * The operation a GraphQL or JSON-RPC body names; null for any other body. One address serves every call of such a
 * protocol: another operation is another thing.
 */
export function operationOf(body: Buffer | null): string | null {
  if (!body || body.length > MAX_BODY) return null;
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    const call: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    if (typeof call !== 'object' || call === null) return null;
    const named = ['operationName', 'method', 'query'].map((name) => (call as Record<string, unknown>)[name]);
    return named.find((value): value is string => typeof value === 'string' && value !== '') ?? null;
  } catch {
    return null;
  }
}
