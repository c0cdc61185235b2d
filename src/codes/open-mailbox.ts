import type { GuardedClient } from '../egress/guarded-client.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { MailboxSecret } from '../vaults/vault.ts';
import type { MailboxConnection } from './mailbox-connection.ts';
import type { MailboxTokens } from './mailbox-tokens.ts';
import { refusesLogin } from './mailbox-trouble.ts';
import { RefreshFailed } from './refresh-access.ts';

export interface MailboxServices {
  /** Knows where the service may connect to. */
  client: GuardedClient;
  mailboxTokens: MailboxTokens;
}

export interface MailboxOpening {
  /** Which try of the run this is: chooses among the addresses of the host. */
  attempt: number;
  signal: AbortSignal;
  /** Told what opens the mailbox, before it is used. */
  onSecrets: (secrets: readonly string[]) => void;
}

/** Opens a mailbox with what its credential has for it. Throws what `troubleOf` understands, or the signal's reason. */
export async function openMailbox(
  { client, mailboxTokens }: MailboxServices,
  db: OrganizationDb,
  mailbox: MailboxSecret,
  { attempt, signal, onSecrets }: MailboxOpening,
): Promise<MailboxConnection> {
  // Loaded by the first run that needs it: most services have no mailbox.
  const { MailboxConnection } = await import('./mailbox-connection.ts');
  const options = { client, attempt, signal };
  if (!mailbox.oauth) return MailboxConnection.open(mailbox, options);
  const access = await mailboxTokens.access(db, mailbox.oauth);
  // Nobody may take these secrets out any more.
  signal.throwIfAborted();
  onSecrets(access.secrets);
  try {
    return await MailboxConnection.open({ ...mailbox, access_token: access.token }, options);
  } catch (error) {
    if (!refusesLogin(error)) throw error;
    await access.refused();
    // It is another token that is tried next, and that one once.
    if (access.kept) throw new RefreshFailed('The mail server takes the kept access token no more.', false);
    throw error;
  }
}
