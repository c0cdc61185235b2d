/**
 * What is known of a mail's sender: confirmed, refuted, or nothing. Forwarding breaks SPF, so SPF alone refutes nobody
 * (RFC 7208 §2.6.4 leaves that to the receiver).
 */
export const SENDER_VERDICTS = ['pass', 'fail', 'none'] as const;
export type SenderVerdict = (typeof SENDER_VERDICTS)[number];

/** Results by method, in the words of RFC 8601 §2.7. */
interface Results {
  dmarc: string[];
  dkim: string[];
  spf: string[];
}

/** DMARC decides where it was checked; else a signature; SPF can only confirm. */
export function senderVerdict({ dmarc, dkim, spf }: Results): SenderVerdict {
  if (dmarc.includes('pass')) return 'pass';
  if (dmarc.includes('fail')) return 'fail';
  if (dkim.includes('pass')) return 'pass';
  if (dkim.includes('fail')) return 'fail';
  return spf.includes('pass') ? 'pass' : 'none';
}

/** Comments may hold anything, also what looks like a result; they nest (RFC 5322 §3.2.2). */
function withoutComments(header: string): string {
  let depth = 0;
  let kept = '';
  for (const letter of header) {
    if (letter === '(') depth += 1;
    else if (letter === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0) kept += letter;
  }
  return kept;
}

/** The verdict in an Authentication-Results header (RFC 8601). */
export function readVerdict(header: string | null): SenderVerdict {
  const results: Results = { dmarc: [], dkim: [], spf: [] };
  const bare = withoutComments((header ?? '').slice(0, 20_000).replace(/"[^"]*"/g, ''));
  for (const part of bare.split(';').slice(1)) {
    const [, method, result] = /^\s*(dmarc|dkim|spf)\s*(?:\/\s*\d+\s*)?=\s*([a-z]+)/i.exec(part) ?? [];
    if (method && result) results[method.toLowerCase() as keyof Results].push(result.toLowerCase());
  }
  return senderVerdict(results);
}
