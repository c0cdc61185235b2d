import type { Request, Response } from 'playwright';

/** A page may come from a cache with the time it was made; what answers a submission never does. */
const MOST_BELIEVED_MS = 10 * 60 * 1000;

/**
 * How far the site's clock is ahead of this machine's, in milliseconds, by the Date of an answer (RFC 9110 §6.6.1, whole
 * seconds, so half of one is added). Null when the answer does not tell, or is a copy kept somewhere on the way.
 */
export function clockOffsetBy(response: Response | null): number | null {
  if (!response) return null;
  const { date, age } = response.headers();
  const at = Date.parse(date ?? '');
  if (Number.isNaN(at) || Number(age ?? 0) > 0 || response.fromServiceWorker()) return null;
  const { startTime, responseStart } = response.request().timing();
  if (startTime <= 0 || responseStart < 0) return null;
  const offset = Math.round(at + 500 - (startTime + responseStart));
  return answersSubmission(response.request()) || Math.abs(offset) <= MOST_BELIEVED_MS ? offset : null;
}

/** The page a submission was led on to is as fresh as its own answer. */
function answersSubmission(request: Request): boolean {
  for (let at: Request | null = request; at; at = at.redirectedFrom()) if (at.method() !== 'GET') return true;
  return false;
}
