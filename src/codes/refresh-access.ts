import { CallFailed, type GuardedAnswer, type GuardedClient } from '../egress/guarded-client.ts';
import type { MailboxOauth } from '../vaults/vault.ts';
import type { MailboxTrouble } from './mailbox-trouble.ts';

const CALL_MS = 10_000;
/** Tokens of some providers are kilobytes long. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Longer than any token that a mail server would take in one line. */
const MAX_TOKEN_LENGTH = 16_384;
/** The refusals of RFC 6749 §5.2: the only words of an endpoint that are repeated. */
const REFUSALS = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]);

/** Why there is no access token, in words without a secret. */
export class RefreshFailed extends Error {
  override readonly name = 'RefreshFailed';
  readonly trouble: MailboxTrouble;

  constructor(text: string, final: boolean) {
    super(text);
    this.trouble = { text, final };
  }
}

/** What an endpoint granted. */
export interface Granted {
  accessToken: string;
  /** The refresh token that replaces the one that was used; null: that stays. */
  refreshToken: string | null;
  /** Seconds the access token is good for; null: not said. */
  expiresIn: number | null;
}

/**
 * Asks a token endpoint for an access token, once (RFC 6749 §6). Not to be called off: the answer may hold the only copy
 * of a refresh token. Throws RefreshFailed.
 */
export async function refreshAccess(
  client: GuardedClient,
  oauth: MailboxOauth,
  refreshToken: string,
): Promise<Granted> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: oauth.client_id,
  });
  if (oauth.client_secret !== null) form.set('client_secret', oauth.client_secret);
  if (oauth.scope !== null) form.set('scope', oauth.scope);
  try {
    const answer = await client.call(oauth.token_url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
      timeoutMs: CALL_MS,
      maxBytes: MAX_ANSWER_BYTES,
    });
    return grantOf(answer);
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    const final = error.kind !== 'time' && error.kind !== 'network';
    throw new RefreshFailed(`The token endpoint of the mailbox could not be asked: ${error.message}.`, final);
  }
}

function grantOf(answer: GuardedAnswer): Granted {
  const { status } = answer;
  const body = membersOf(answer.text);
  if (status === 200) return grantIn(body);
  if (typeof body?.error === 'string' && REFUSALS.has(body.error) && (status === 400 || status === 401)) {
    const next = body.error === 'invalid_grant' ? ' Give the credential a new refresh token.' : '';
    const text = `The token endpoint of the mailbox refused to renew the access token (${body.error}).${next}`;
    throw new RefreshFailed(text, true);
  }
  const later = status === 408 || status === 429 || status >= 500;
  throw new RefreshFailed(`The token endpoint of the mailbox answered ${status}.`, !later);
}

/** What is no token of a kind that mail servers take is not asked for again: the refresh token may be used up by now. */
function grantIn(body: Record<string, unknown> | null): Granted {
  const { access_token: accessToken, token_type: type, refresh_token: refreshToken, expires_in: seconds } = body ?? {};
  if (!isToken(accessToken) || (type !== undefined && String(type).toLowerCase() !== 'bearer')) {
    throw new RefreshFailed('The token endpoint of the mailbox answered without an access token.', true);
  }
  const expiresIn = Number(seconds);
  return {
    accessToken,
    refreshToken: isToken(refreshToken) ? refreshToken : null,
    expiresIn: seconds !== undefined && Number.isFinite(expiresIn) && expiresIn >= 0 ? expiresIn : null,
  };
}

/** Visible characters, as RFC 6749 appendix A has them. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TOKEN_LENGTH && /^[\x20-\x7e]+$/.test(value);
}

function membersOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
