/** A part of an address this long is no word: it is what makes the address a secret. */
const SHORTEST = 12;

/** What must not be shown of a secret address: the whole of it, and each long part of its path, query and fragment. */
export function secretsOfLink(address: string): string[] {
  const url = URL.parse(address);
  if (!url) return [address];
  const parts = [...url.pathname.split('/'), ...url.searchParams.values(), url.hash.slice(1), url.search.slice(1)];
  const long = parts.flatMap((part) => [part, decoded(part)]).filter((part) => part.length >= SHORTEST);
  return [...new Set([address, url.href, ...long])];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Names of parameters that open a session by themselves. */
const TOKEN =
  /^(magic|magic_?link|magic_?token|login_?token|auth_?token|email_?token|sign_?in_?token|token|otp|ott|ticket)$/i;
const PLACE = /magic|passwordless|one-?time|email-?(login|link|sign-?in)|(login|sign-?in)-?(link|by-?email)/i;
/** Letters and digits as no word has them. */
const RANDOM = /^(?=.*\d)(?=.*[a-z])[\w.~-]{16,}$/i;
/** Capitals all over: random letters need not hold a digit. */
const MIXED = /^(?:[\w.~-]*?[a-z][A-Z]){3}[\w.~-]*$/;

const isRandom = (part: string): boolean => RANDOM.test(part) || (part.length >= 16 && MIXED.test(part));

/** Whether an address looks like one that logs in whoever opens it. */
export function looksLikeMagicLink(address: string): boolean {
  const url = URL.parse(address);
  if (!url) return false;
  for (const [name, value] of url.searchParams) {
    if (TOKEN.test(name) && isRandom(value)) return true;
  }
  const segments = url.pathname.split('/');
  return (
    PLACE.test(url.pathname) &&
    (segments.some((part) => isRandom(part)) || [...url.searchParams.values()].some((value) => isRandom(value)))
  );
}
