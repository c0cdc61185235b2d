import { KeyturnError } from '../errors.ts';
import type { LoginOutcome } from '../login/outcome.ts';
import type { OrganizationModels } from '../storage/db.ts';
import type { Credential } from '../storage/rows.ts';
import { type Standing, standingOf } from './attempt-ledger.ts';
import type { RunEnd } from './finish-run.ts';
import { checksFirst, type RunRequest } from './request-run.ts';
import type { RunServices } from './run-services.ts';
import type { RunContext } from './settle-run.ts';

/** How the password is come by where it matters. A vault may be far away: never inside a transaction. */
export type PasswordSource = () => Promise<string>;

/** What the ledger knows of a credential's account at an origin. */
export function standingAt(
  services: Pick<RunServices, 'dataKeys'>,
  db: OrganizationModels,
  credential: Credential,
  origin: string,
  password: PasswordSource,
): Promise<Standing> {
  return standingOf(services.dataKeys, db, { username: credential.username, origin, password });
}

const secondsUntil = (until: Date): number => Math.max(1, Math.ceil((until.getTime() - Date.now()) / 1000));

/** The facts of a standing that stops a login, as `outcome_details`. */
export function detailsOf(standing: Exclude<Standing, { kind: 'open' }>): Record<string, unknown> {
  if (standing.kind === 'cooldown') {
    return { retry_after: secondsUntil(standing.until), until: standing.until.toISOString() };
  }
  return { ...standing.details, refused_at: standing.at.toISOString() };
}

/** A refused password that is expected to be refused is what the caller wants to know. */
function expectsRefusal(expect: readonly string[]): boolean {
  return expect.includes('wrong_credentials');
}

const quoted = (siteMessage: string | null): string => (siteMessage === null ? '' : ` (“${siteMessage}”)`);

/**
 * Refuses a run that must not be started: `cooldown` while a waiting time is running that the site named, and
 * `known_rejected` for a secret that it has refused, unless the run is forced, only checks a session first, or is about
 * just that refusal.
 */
export async function acceptStanding(
  services: RunServices,
  db: OrganizationModels,
  credential: Credential,
  request: RunRequest,
  password: PasswordSource,
): Promise<void> {
  const standing = await standingAt(services, db, credential, new URL(request.url).origin, password);
  if (standing.kind === 'cooldown') {
    throw new KeyturnError('cooldown', {
      detail: `The site named a waiting time${quoted(standing.siteMessage)}; it is over at ${standing.until.toISOString()}.`,
      retryAfter: secondsUntil(standing.until),
    });
  }
  if (standing.kind === 'open' || request.force) return;
  if (checksFirst(credential, request) || expectsRefusal(request.expect)) return;
  throw new KeyturnError('known_rejected', {
    detail: `The site refused this secret at ${standing.at.toISOString()}${quoted(standing.siteMessage)}; update the credential, or try it again with force.`,
  });
}

/** The end of a claimed run that the ledger already knows: no browser is started for it. Null for any other. */
export async function endByLedger(
  services: RunServices,
  { db, run, credential }: RunContext,
  password: PasswordSource,
): Promise<Extract<RunEnd, { kind: 'outcome' }> | null> {
  if (!credential) return null;
  const standing = await standingAt(services, db, credential, new URL(run.url).origin, password);
  if (standing.kind === 'open') return null;
  if (standing.kind === 'known_rejected' && (run.force || run.start_from_profile)) return null;
  if (standing.kind === 'known_rejected' && expectsRefusal(run.expect as string[])) {
    const details = { ...standing.details, proven_at: standing.at.toISOString() };
    const text = `The site refused this very secret at ${details.proven_at}; nothing was submitted now.`;
    return ended('wrong_credentials', details, standing.siteMessage, text);
  }
  const text =
    standing.kind === 'cooldown'
      ? `The site named a waiting time${quoted(standing.siteMessage)}; nothing was submitted.`
      : `The site refused this secret before${quoted(standing.siteMessage)}; nothing was submitted.`;
  return ended(standing.kind, detailsOf(standing), standing.siteMessage, text);
}

function ended(
  code: LoginOutcome['code'],
  details: Record<string, unknown>,
  siteMessage: string | null,
  text: string,
): Extract<RunEnd, { kind: 'outcome' }> {
  const outcome: LoginOutcome = {
    code,
    details,
    site_message: siteMessage,
    evidence: [{ signal: 'ledger', weight: -4, text }],
    rule: 'error_after_attempt',
    password_proven: false,
    submissions: { identifier: 0, password: 0, code: 0 },
    steps: 0,
    stage: null,
    landing_url: null,
    origins: [],
    session: null,
    session_failure: null,
    judged_at: Date.now(),
    timings: {},
  };
  return { kind: 'outcome', code, outcome, details };
}
