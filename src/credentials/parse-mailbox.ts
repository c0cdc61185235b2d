import type { Static } from 'typebox';
import { KeyturnError } from '../errors.ts';
import type { MailboxSecret } from '../vaults/vault.ts';
import type { MailboxMetadata } from './credential.ts';
import type { MailboxBody } from './mailbox-schemas.ts';

/** The usual ports (RFC 8314): TLS from the first byte, and STARTTLS. */
const PORTS = { tls: 993, starttls: 143 } as const;

function invalid(path: string, message: string): KeyturnError {
  return new KeyturnError('invalid_request', { errors: [{ path, message }] });
}

/** An address as it is, a domain without what is written around it. */
function senderOf(text: string, path: string): string {
  const sender = text.trim().toLowerCase().replace(/^@/, '');
  if (!/^(?:[^\s@<>]+@)?[^\s@<>]+\.[^\s@<>]+$/.test(sender)) {
    throw invalid(path, 'must be an address such as no-reply@example.com, or a domain such as example.com');
  }
  return sender;
}

/** A mailbox in one spelling. Throws `invalid_request` unless exactly one thing opens it. */
export function parseMailbox(body: Static<typeof MailboxBody>, path: string): MailboxSecret {
  const password = body.password ?? null;
  const accessToken = body.access_token ?? null;
  if ((password === null) === (accessToken === null)) {
    throw invalid(path, 'must hold either a password or an access_token');
  }
  const secure = body.secure ?? true;
  return {
    host: body.host.toLowerCase(),
    port: body.port ?? (secure ? PORTS.tls : PORTS.starttls),
    secure,
    user: body.user,
    password,
    access_token: accessToken,
    folder: body.folder ?? 'INBOX',
    senders: (body.senders ?? []).map((text, index) => senderOf(text, `${path}/senders/${index}`)),
    ca: body.ca ?? null,
  };
}

/** What the row keeps of it. */
export function mailboxMetadata({ host, port, secure, user, folder, senders }: MailboxSecret): MailboxMetadata {
  return { host, port, secure, user, folder, senders };
}
