import { randomBytes } from 'node:crypto';
import type { Actor } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { OrganizationDb, OrganizationModels } from '../storage/db.ts';
import type { SigningSecret } from '../storage/rows.ts';
import type { Sealer } from '../vaults/data-keys.ts';
import { sealedById } from '../vaults/sealed-place.ts';

/** A signing secret as it may be read back. Times ISO 8601 UTC. */
export interface SigningSecretView {
  signing_secret_id: string;
  last_four: string;
  created_at: string;
  /** Signs beside its successor until then; null: the current one. */
  expires_at: string | null;
}

export function signingSecretView(row: SigningSecret): SigningSecretView {
  return {
    signing_secret_id: row.id,
    last_four: row.last_four,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
  };
}

const place = (id: string) => ({ record: id, field: 'signing secret' });

export const SEALED_SIGNING_SECRETS = sealedById('signingSecret', place);

const inForce = (now: Date) => ({ OR: [{ expires_at: null }, { expires_at: { gt: now } }] });

async function store(sealer: Sealer, tx: OrganizationModels, secret: string, actor: Actor): Promise<SigningSecret> {
  const id = newId('signingSecret');
  const plain = Buffer.from(secret, 'utf8');
  const sealed = await sealer.seal(tx, place(id), plain);
  plain.fill(0);
  const row = await tx.signingSecret.create({
    data: {
      id,
      organization_id: tx.organizationId,
      last_four: secret.slice(-4),
      ...sealed,
      created_at: new Date(),
    },
  });
  await AuditLog.write(tx, { actor, action: 'signing_secret.created', subject: id });
  return row;
}

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64url')}`;

/**
 * Makes a secret, or takes over one that an endpoint already has, as the current one; its predecessors go on signing
 * beside it until `until`. The answer is the only place the secret is ever shown.
 */
export async function rotateSigningSecret(
  sealer: Sealer,
  db: OrganizationDb,
  options: { secret: string | null; until: Date; actor: Actor },
): Promise<{ row: SigningSecret; secret: string }> {
  const secret = options.secret ?? newSecret();
  const row = await db.transaction(async (tx) => {
    await tx.signingSecret.updateMany({ where: { expires_at: null }, data: { expires_at: options.until } });
    return store(sealer, tx, secret, options.actor);
  });
  return { row, secret };
}

/** Those in force, the current one first. */
export async function listSigningSecrets(db: OrganizationModels, now = new Date()): Promise<SigningSecret[]> {
  return db.signingSecret.findMany({ where: inForce(now), orderBy: [{ created_at: 'desc' }, { id: 'desc' }] });
}

/** Ends a secret at once. Throws `not_found`. */
export async function removeSigningSecret(db: OrganizationDb, id: string, actor: Actor): Promise<void> {
  await db.transaction(async (tx) => {
    const { count } = await tx.signingSecret.deleteMany({ where: { id, ...inForce(new Date()) } });
    if (count === 0) throw new KeyturnError('not_found', { detail: 'There is no signing secret with this id.' });
    await AuditLog.write(tx, { actor, action: 'signing_secret.removed', subject: id });
  });
}

/** The secrets that sign now, the current one first; the first use makes one, so that no call goes out unsigned. */
export async function signingSecrets(sealer: Sealer, db: OrganizationDb): Promise<string[]> {
  let rows = await listSigningSecrets(db);
  if (rows.length === 0) rows = [await db.transaction((tx) => store(sealer, tx, newSecret(), 'service'))];
  return Promise.all(
    rows.map(async (row) => {
      const plain = await sealer.open(db, { ...place(row.id), data_key_id: row.data_key_id }, row.sealed);
      const secret = plain.toString('utf8');
      plain.fill(0);
      return secret;
    }),
  );
}

/** `db` is the sweeper's view of all. */
export async function removeExpiredSigningSecrets(
  db: Pick<OrganizationModels, 'signingSecret'>,
  now: Date,
): Promise<void> {
  await db.signingSecret.deleteMany({ where: { expires_at: { lte: now } } });
}
