import { removeOrphanTokens } from '../codes/mailbox-token-store.ts';
import { removeUnheldCounters } from '../codes/passkey-counter.ts';
import type { Database, Models, OrganizationModels } from '../storage/db.ts';
import type { Credential } from '../storage/rows.ts';
import { createExpiringCredential } from './credential-secret.ts';
import { type CredentialServices, removeCredential } from './credential-store.ts';
import { type ParsedPassword, passwordColumns, passwordSecret } from './parse-secret.ts';

const PAGE = 200;
/** A secret or profile without its credential is left alone this long: its credential may be about to be committed. */
const ORPHAN_AGE_MS = 10 * 60 * 1000;
/** Looking for them reads every item's id. */
const ORPHAN_EVERY_MS = 60 * 60 * 1000;

/** The credential of a login test: in the built-in vault, with its end set before the secret is written. */
export async function createTemporaryCredential(
  services: CredentialServices,
  tx: OrganizationModels,
  password: ParsedPassword & { expires_at: Date },
): Promise<Credential> {
  return createExpiringCredential(services, tx, {
    name: `_test_login_${password.username ?? ''}`,
    parsed: { secret: passwordSecret(password), columns: passwordColumns(password), allowedOrigins: null },
    expiresAt: password.expires_at,
  });
}

/** Sets when a credential ends, unless it was made permanent meanwhile. */
export async function keepTemporaryUntil(tx: OrganizationModels, id: string, until: Date): Promise<void> {
  await tx.credential.updateMany({
    where: { id, temporary: true },
    data: { expires_at: until, modified_at: new Date() },
  });
}

/** Removes a credential with all that belongs to it, unless it was made permanent meanwhile. */
export async function removeTemporaryCredential(
  services: CredentialServices,
  tx: OrganizationModels,
  id: string,
): Promise<boolean> {
  return removeCredential(services, tx, id, { temporary: true });
}

/** Removes every temporary credential whose time is over, each in a transaction of its own. Returns how many. */
export async function removeExpired(services: CredentialServices, database: Database, now: Date): Promise<number> {
  let removed = 0;
  while (true) {
    const rows = await database.asSystem('sweep').credential.findMany({
      where: { temporary: true, expires_at: { lte: now } },
      orderBy: { expires_at: 'asc' },
      take: PAGE,
      select: { id: true, organization_id: true },
    });
    let gone = 0;
    for (const { id, organization_id } of rows) {
      const done = await database
        .forOrganization(organization_id)
        .transaction((tx) => removeCredential(services, tx, id, { temporary: true, expires_at: { lte: now } }));
      if (done) gone += 1;
    }
    removed += gone;
    if (rows.length < PAGE || gone === 0) return removed;
  }
}

/** Removes secrets, tokens and profiles whose credential is gone: a crash or a race can leave one. Returns how many. */
export async function removeOrphans(database: Database, now: Date): Promise<number> {
  const db = database.asSystem('sweep');
  const made = { lt: new Date(now.getTime() - ORPHAN_AGE_MS) };
  let removed = 0;
  let after = '';
  while (true) {
    const items = await db.vaultItem.findMany({
      where: { id: { gt: after }, created_at: made },
      orderBy: { id: 'asc' },
      take: PAGE,
      select: { id: true },
    });
    const ids = items.map((item) => item.id);
    const named = await db.credential.findMany({
      where: { vault_item_id: { in: ids } },
      select: { vault_item_id: true },
    });
    const orphans = without(
      ids,
      named.map((row) => row.vault_item_id),
    );
    removed += (await db.vaultItem.deleteMany({ where: { id: { in: orphans } } })).count;
    after = ids.at(-1) ?? after;
    if (ids.length < PAGE) break;
  }
  removed += await removeOrphanTokens(db, made, PAGE);
  return removed + (await removeOrphanProfiles(db, made));
}

async function removeOrphanProfiles(db: Models, made: { lt: Date }): Promise<number> {
  let removed = 0;
  let after = '';
  while (true) {
    const profiles = await db.browserProfile.findMany({
      where: { id: { gt: after }, created_at: made, credential_id: { not: null } },
      orderBy: { id: 'asc' },
      take: PAGE,
      select: { id: true, credential_id: true },
    });
    const owners = profiles.flatMap((profile) => profile.credential_id ?? []);
    const found = await db.credential.findMany({ where: { id: { in: owners } }, select: { id: true } });
    const gone = without(
      owners,
      found.map((row) => row.id),
    );
    removed += (await db.browserProfile.deleteMany({ where: { credential_id: { in: gone }, created_at: made } })).count;
    after = profiles.at(-1)?.id ?? after;
    if (profiles.length < PAGE) return removed;
  }
}

function without(ids: readonly string[], known: readonly (string | null)[]): string[] {
  const set = new Set(known);
  return ids.filter((id) => !set.has(id));
}

/** What the sweeper calls: expired credentials each time, the whole look for orphans now and then. */
export function credentialSweeps(
  services: CredentialServices,
  database: Database,
): { name: string; sweep(now: Date): Promise<void> }[] {
  let orphansAt = 0;
  return [
    {
      name: 'expired temporary credentials',
      async sweep(now) {
        await removeExpired(services, database, now);
      },
    },
    {
      name: 'what belongs to no credential any more',
      async sweep(now) {
        if (now.getTime() - orphansAt < ORPHAN_EVERY_MS) return;
        await removeOrphans(database, now);
        await removeUnheldCounters(database.asSystem('sweep'), now, PAGE);
        orphansAt = now.getTime();
      },
    },
  ];
}
