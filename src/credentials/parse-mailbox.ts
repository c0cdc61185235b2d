import type { Static } from 'typebox';
import { invalidAt } from '../errors.ts';
import type { MailboxOauth, MailboxSecret } from '../vaults/vault.ts';
import type { MailboxMetadata } from './credential.ts';
import type { MailboxBody } from './mailbox-schemas.ts';

/** The usual ports (RFC 8314): TLS from the first byte, and STARTTLS. */
const PORTS = { tls: 993, starttls: 143 } as const;

/** An address as it is, a domain without what is written around it. */
function senderOf(text: string, path: string): string {
  const sender = text.trim().toLowerCase().replace(/^@/, '');
  if (!/^(?:[^\s@<>]+@)?[^\s@<>]+\.[^\s@<>]+$/.test(sender)) {
    throw invalidAt(path, 'must be an address such as no-reply@example.com, or a domain such as example.com');
  }
  return sender;
}

/** Throws `invalid_request` for an address that is no token endpoint (RFC 6749 §3.2: no fragment). */
function parseOauth(body: NonNullable<Static<typeof MailboxBody>['oauth']>, path: string): MailboxOauth {
  const url = URL.parse(body.token_url);
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw invalidAt(`${path}/token_url`, 'must be an https address without a user name, password or fragment');
  }
  const { client_id, client_secret = null, refresh_token, scope = null } = body;
  return { token_url: url.href, client_id, client_secret, refresh_token, scope };
}

/** A mailbox in one spelling. Throws `invalid_request` unless exactly one thing opens it. */
export function parseMailbox(body: Static<typeof MailboxBody>, path: string): MailboxSecret {
  const password = body.password ?? null;
  const accessToken = body.access_token ?? null;
  const oauth = body.oauth ? parseOauth(body.oauth, `${path}/oauth`) : null;
  if ([password, accessToken, oauth].filter((opener) => opener !== null).length !== 1) {
    throw invalidAt(path, 'must hold exactly one of password, access_token and oauth');
  }
  const secure = body.secure ?? true;
  return {
    host: body.host.toLowerCase(),
    port: body.port ?? (secure ? PORTS.tls : PORTS.starttls),
    secure,
    user: body.user,
    password,
    access_token: accessToken,
    oauth,
    folder: body.folder ?? 'INBOX',
    senders: (body.senders ?? []).map((text, index) => senderOf(text, `${path}/senders/${index}`)),
    ca: body.ca ?? null,
  };
}

/** What the row keeps of it. */
export function mailboxMetadata(mailbox: MailboxSecret): MailboxMetadata {
  const { host, port, secure, user, oauth, folder, senders } = mailbox;
  const shown = oauth ? { token_origin: new URL(oauth.token_url).origin, client_id: oauth.client_id } : null;
  return { host, port, secure, user, oauth: shown, folder, senders };
}
