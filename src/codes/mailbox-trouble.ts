import { CallFailed } from '../egress/guarded-client.ts';
import { RefreshFailed } from './refresh-access.ts';

/** Why a mailbox cannot be read. `final`: trying again would not help, or would be a second try of a password. */
export interface MailboxTrouble {
  text: string;
  final: boolean;
}

/** What Node says of a certificate it does not trust. */
const CERTIFICATE =
  /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/;
/** What OpenSSL says of a server that talks something else. */
const NO_TLS = /^(ERR_SSL_|EPROTO)/;

/** What is read of an error of the connection. Texts of the server are left alone: they may say anything. */
interface ImapErrorLike {
  code?: unknown;
  authenticationFailed?: unknown;
  mailboxMissing?: unknown;
  tlsFailed?: unknown;
  oauthMissing?: unknown;
}

/** The mail server does not take what the mailbox was to be opened with. */
export function refusesLogin(error: unknown): boolean {
  return (error as ImapErrorLike | null)?.authenticationFailed === true;
}

/** A trouble in plain words, without what the server said and without a secret. */
export function troubleOf(error: unknown): MailboxTrouble {
  if (error instanceof RefreshFailed) return error.trouble;
  if (error instanceof CallFailed) {
    return { text: `The mail server could not be reached: ${error.message}.`, final: error.kind === 'address' };
  }
  const { code, mailboxMissing, tlsFailed, oauthMissing } = (error ?? {}) as ImapErrorLike;
  const name = typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : null;
  if (refusesLogin(error)) {
    return {
      text: 'The mail server refused the login to the mailbox; it is not tried again in this run.',
      final: true,
    };
  }
  if (oauthMissing === true) return { text: 'The mail server takes no OAuth access token.', final: true };
  if (mailboxMissing === true) return { text: 'The mailbox has no folder of the name that is set.', final: true };
  if (name !== null && CERTIFICATE.test(name)) {
    return { text: `The certificate of the mail server is not to be trusted (${name}).`, final: true };
  }
  if (tlsFailed === true || (name !== null && NO_TLS.test(name))) {
    return { text: 'The mail server offers no TLS the way it is set (secure).', final: true };
  }
  return { text: `The connection to the mailbox was lost${name === null ? '' : ` (${name})`}.`, final: false };
}
