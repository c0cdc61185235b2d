import { setImmediate } from 'node:timers/promises';
import type { Page, Response } from 'playwright';
import { type Ending, type LoginRun, note } from './login-run.ts';
import { OPEN_MS } from './patience.ts';

/** Chromium's network errors, by what a person would check next. */
const NETWORK_ERRORS: readonly [RegExp, string][] = [
  [/ERR_NAME_NOT_RESOLVED|ERR_NAME_RESOLUTION_FAILED|ERR_DNS/, 'dns'],
  [/ERR_CERT_|ERR_SSL_|ERR_TLS|ERR_BAD_SSL/, 'tls'],
  [
    /ERR_CONNECTION_REFUSED|ERR_ADDRESS_UNREACHABLE|ERR_ADDRESS_INVALID|ERR_INTERNET_DISCONNECTED|ERR_NETWORK_UNREACHABLE|ERR_UNSAFE_PORT/,
    'refused',
  ],
  [/ERR_CONNECTION_TIMED_OUT|ERR_TIMED_OUT|Timeout \d+ms exceeded/, 'slow'],
  [
    /ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_CONNECTION_CLOSED|ERR_HTTP|ERR_INVALID|ERR_TOO_MANY_REDIRECTS|ERR_INCOMPLETE|ERR_CONTENT|ERR_RESPONSE/,
    'http',
  ],
];

/** What the browser says of a connection that the way out did not make. */
const NO_ANSWER = /ERR_EMPTY_RESPONSE|ERR_CONNECTION_CLOSED|ERR_CONNECTION_RESET|Timeout \d+ms exceeded/;

/** Opens an address. The answer, or how the run ends because there is none. */
export async function openPage(
  run: LoginRun,
  page: Page,
  url: string,
): Promise<{ response: Response | null } | { ending: Ending }> {
  try {
    const response = await run.progress.part('open', () =>
      page.goto(url, { waitUntil: 'domcontentloaded', timeout: OPEN_MS, signal: run.progress.signal }),
    );
    return { response };
  } catch (error) {
    if (run.progress.signal.aborted) throw error;
    // What the way there knows was told before the browser gave up, and is taken in by now.
    await setImmediate();
    return { ending: unreachable(run, error) };
  }
}

/** Why a page could not be opened: refused by the guard, or not reachable. */
function unreachable(run: LoginRun, error: unknown): Ending {
  const denied = deniedEnding(run);
  if (denied) return denied;
  const text = error instanceof Error ? error.message : '';
  if (/Download is starting/.test(text)) {
    note(run, 'download', -1, 'The address answers with a file instead of a page.');
    return { code: 'not_a_login_page' };
  }
  const known = NO_ANSWER.test(text) ? run.ports.unreached() : null;
  const kind = known ?? NETWORK_ERRORS.find(([pattern]) => pattern.test(text))?.[1] ?? 'http';
  const name = known ? undefined : /net::(ERR_[A-Z_]+)/.exec(text)?.[1];
  note(run, 'unreachable', -1, `The page could not be opened (${name ?? kind}).`);
  return { code: 'unreachable', details: { kind, host: new URL(run.task.url).host } };
}

/** The guard refused where the page led. */
export function deniedEnding(run: LoginRun): Ending | null {
  const denied = run.ports.deniedNavigation();
  if (!denied) return null;
  const target = URL.parse(denied.url);
  const place = target && target.origin !== 'null' ? target.origin : (target?.protocol ?? 'an address');
  note(run, 'navigation_denied', -3, `The page led to ${place}, which is not allowed (${denied.reason}).`);
  return {
    code: 'egress_denied',
    details: { ...(denied.address !== null && { address: denied.address }), target: place, reason: denied.reason },
  };
}
