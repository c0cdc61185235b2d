import { newId } from '../ids.ts';
import type { Models, OrganizationModels } from '../storage/db.ts';
import type { MailboxToken } from '../storage/rows.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';
import type { Sealer } from '../vaults/data-keys.ts';
import type { SealedPlace } from '../vaults/sealed-place.ts';
import type { MailboxOauth, MailboxSecret } from '../vaults/vault.ts';
import type { CodeServices } from './issue-code.ts';
import type { MailboxTrouble } from './mailbox-trouble.ts';

/** Longer than a refresh takes: who has not let go by then is dead. */
const HELD_MS = 30_000;

/** The tokens in force. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
}

/** Under which row the tokens lie that come of this refresh token; null: the mailbox has none. */
export async function grantKeyOf(
  services: CodeServices,
  db: OrganizationModels,
  mailbox: Pick<MailboxSecret, 'oauth'> | null | undefined,
): Promise<string | null> {
  return mailbox?.oauth ? oauthKey(services, db, mailbox.oauth) : null;
}

/** Endpoint and client are part of it: tokens of one are never sent to another that was named later. */
export function oauthKey(services: CodeServices, db: OrganizationModels, oauth: MailboxOauth): Promise<string> {
  const { token_url, client_id, refresh_token } = oauth;
  return services.hmac(db, 'mailbox grant', JSON.stringify([token_url, client_id, refresh_token]));
}

export async function findMailboxToken(db: OrganizationModels, grantKey: string): Promise<MailboxToken | null> {
  return db.mailboxToken.findFirst({ where: { grant_key: grantKey } });
}

/** False once no credential holds the grant: its tokens are gone, and what was given at first is used up. */
export async function isGrantHeld(db: OrganizationModels, grantKey: string): Promise<boolean> {
  return (await db.credential.count({ where: { mailbox_grant_key: grantKey } })) > 0;
}

/**
 * Takes the one turn to refresh; the row is made by the first. True when the holder has it afterwards. Each statement is
 * conditional, so of several processes one wins. Not for use inside a transaction: losing would abort it on PostgreSQL.
 */
export async function takeRefresh(db: OrganizationModels, grantKey: string, holder: string): Promise<boolean> {
  const now = new Date();
  const turn = { holder, held_until: new Date(now.getTime() + HELD_MS) };
  const { count } = await db.mailboxToken.updateMany({
    where: { grant_key: grantKey, OR: [{ holder: null }, { held_until: { lt: now } }] },
    data: turn,
  });
  if (count === 1) return true;
  try {
    await db.mailboxToken.create({
      data: {
        id: newId('mailboxToken'),
        organization_id: db.organizationId,
        grant_key: grantKey,
        created_at: now,
        ...turn,
      },
    });
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** Lets go of the turn, unless another has it by now. */
export async function releaseRefresh(db: OrganizationModels, grantKey: string, holder: string): Promise<void> {
  await db.mailboxToken.updateMany({
    where: { grant_key: grantKey, holder },
    data: { holder: null, held_until: null },
  });
}

const place = (grantKey: string) => ({ record: grantKey, field: 'mailbox tokens' });

export const SEALED_MAILBOX_TOKENS: SealedPlace = {
  model: 'mailboxToken',
  keyColumn: 'data_key_id',
  sealedColumn: 'sealed',
  boundTo: ['grant_key'],
  bind: ({ grant_key = '' }) => place(grant_key),
};

/**
 * Keeps what a refresh gave, over the round it began in. False when the row is gone, or holds something newer. Whoever
 * holds the turn by now keeps it.
 */
export async function storeTokens(
  sealer: Sealer,
  db: OrganizationModels,
  at: { grantKey: string; round: number },
  tokens: Tokens,
  accessExpiresAt: Date | null,
): Promise<boolean> {
  const plain = Buffer.from(JSON.stringify(tokens), 'utf8');
  const sealed = await sealer.seal(db, place(at.grantKey), plain);
  plain.fill(0);
  const { count } = await db.mailboxToken.updateMany({
    where: { grant_key: at.grantKey, round: at.round },
    data: {
      ...sealed,
      access_expires_at: accessExpiresAt,
      round: at.round + 1,
      trouble: null,
      trouble_final: false,
    },
  });
  return count === 1;
}

/** Notes that a refresh came to nothing, for those who wait for it. */
export async function storeTrouble(
  db: OrganizationModels,
  at: { grantKey: string; round: number },
  { text, final }: MailboxTrouble,
): Promise<void> {
  await db.mailboxToken.updateMany({
    where: { grant_key: at.grantKey, round: at.round },
    data: { access_expires_at: null, round: at.round + 1, trouble: text, trouble_final: final },
  });
}

/** The access token of a round is not used again. */
export async function forgetAccess(db: OrganizationModels, at: { grantKey: string; round: number }): Promise<void> {
  await db.mailboxToken.updateMany({
    where: { grant_key: at.grantKey, round: at.round },
    data: { access_expires_at: null },
  });
}

/** The tokens of a row; null before the first refresh. */
export async function openTokens(sealer: Sealer, db: OrganizationModels, row: MailboxToken): Promise<Tokens | null> {
  if (row.sealed === null || row.data_key_id === null) return null;
  const plain = await sealer.open(db, { ...place(row.grant_key), data_key_id: row.data_key_id }, row.sealed);
  try {
    return JSON.parse(plain.toString('utf8')) as Tokens;
  } finally {
    plain.fill(0);
  }
}

/** Removes the tokens that no credential holds any more. For the transaction that takes a credential's mailbox away. */
export async function dropUnheldTokens(tx: OrganizationModels, grantKey: string | null): Promise<void> {
  if (grantKey === null || (await isGrantHeld(tx, grantKey))) return;
  await tx.mailboxToken.deleteMany({ where: { grant_key: grantKey } });
}

/** Removes tokens whose credential is gone: a run may have made the row while it went. Returns how many. */
export async function removeOrphanTokens(
  db: Pick<Models, 'mailboxToken' | 'credential'>,
  made: { lt: Date },
  page: number,
): Promise<number> {
  let removed = 0;
  let after = '';
  while (true) {
    const rows = await db.mailboxToken.findMany({
      where: { grant_key: { gt: after }, created_at: made },
      orderBy: { grant_key: 'asc' },
      take: page,
      select: { grant_key: true },
    });
    const keys = rows.map((row) => row.grant_key);
    const held = await db.credential.findMany({
      where: { mailbox_grant_key: { in: keys } },
      select: { mailbox_grant_key: true },
    });
    const known = new Set(held.map((row) => row.mailbox_grant_key));
    const orphans = keys.filter((key) => !known.has(key));
    removed += (await db.mailboxToken.deleteMany({ where: { grant_key: { in: orphans } } })).count;
    after = keys.at(-1) ?? after;
    if (rows.length < page) return removed;
  }
}
