/** Shorter values are flags. */
const SHORTEST = 8;
const MAX_DEPTH = 40;
/** Headers and members that hold what opens a session, or lets somebody in. */
const NAMED =
  /cookie|authorization|token|secret|session|\bsid\b|csrf|xsrf|jwt|api-?key|nonce|verifier|assertion|ticket|saml|passw|otp|\bcode\b/i;
/** JSON Web Tokens (RFC 7519) by their look: three parts, the first two JSON objects in base64url. */
const JWT = /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;

/** What opens a session in an entry of a HAR, by the names it stands under: cookies, tokens, authorizations. */
export function sessionValues(value: unknown): Set<string> {
  const found = new Set<string>();
  collect(value, '', found, 0);
  return found;
}

function collect(value: unknown, name: string, found: Set<string>, depth: number): void {
  if (depth > MAX_DEPTH) return;
  if (typeof value === 'string') {
    take(value, name, found, depth);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, name, found, depth + 1);
  } else if (typeof value === 'object' && value !== null) {
    const { name: own, value: held } = value as Record<string, unknown>;
    const isPair = typeof own === 'string' && typeof held === 'string';
    if (isPair) take(held, name === 'cookies' ? 'cookie' : own, found, depth);
    else for (const [key, inner] of Object.entries(value)) collect(inner, key, found, depth + 1);
  }
}

function take(text: string, name: string, found: Set<string>, depth: number): void {
  for (const [token] of text.matchAll(JWT)) found.add(token);
  if (/^set-cookie$/i.test(name)) {
    // RFC 6265 §4.1.1: the value ends at the first semicolon.
    for (const line of text.split('\n')) add(line.split(';', 1)[0]?.replace(/^[^=]*=/, ''), found);
  } else if (/^cookie$/i.test(name) && text.includes('=')) {
    for (const pair of text.split(/;\s*/)) add(pair.replace(/^[^=]*=/, ''), found);
  } else if (NAMED.test(name)) {
    add(text.replace(/^(basic|bearer|digest)\s+/i, ''), found);
  } else if (name === 'text' && /^\s*[[{]/.test(text)) {
    collect(parsed(text), '', found, depth + 1);
  }
}

function add(value: string | undefined, found: Set<string>): void {
  const bare = value?.trim().replace(/^"|"$/g, '') ?? '';
  if (bare.length >= SHORTEST && !/\s/.test(bare)) found.add(bare);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
