import { setTimeout } from 'node:timers/promises';
import { hashApiKey } from '../api-keys/api-key.ts';
import { createApiKey, type IssuedKey } from '../api-keys/api-key-store.ts';
import type { Actor } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Database } from '../storage/db.ts';
import type { Organization } from '../storage/rows.ts';
import type { DataKeys } from '../vaults/data-keys.ts';

/** The name of the key that KEYTURN_API_KEY makes; when the variable changes, the key that had it before is revoked. */
const ENVIRONMENT_KEY = 'KEYTURN_API_KEY';

export interface NewOrganization {
  organization: Organization;
  admin: IssuedKey;
}

/** Makes an organization with its data key and an admin key, in one transaction. */
export async function createOrganization(
  database: Database,
  dataKeys: DataKeys,
  name: string,
  adminKey?: string,
  actor: Actor = 'service',
): Promise<NewOrganization> {
  const id = newId('organization');
  return dataKeys.create(id, (dataKey) =>
    database.asSystem('setup').transaction(async (tx) => {
      const organization = await tx.organization.create({ data: { id, name, created_at: new Date() } });
      await tx.dataKey.create({ data: dataKey });
      const keyName = adminKey === undefined ? 'First admin key' : ENVIRONMENT_KEY;
      const admin = await createApiKey(tx, id, { name: keyName, scopes: ['admin'], key: adminKey }, actor);
      return { organization, admin };
    }),
  );
}

/**
 * Sees to it that there is an organization and that KEYTURN_API_KEY opens the first one. Returns the admin key that was
 * made because there was none: the one time it can be shown.
 */
export async function ensureFirstOrganization(
  database: Database,
  dataKeys: DataKeys,
  environmentKey: string | null,
): Promise<string | null> {
  // Of several processes that start on an empty database one makes it, and the others find it made.
  return database.alone(async () => {
    const first = await firstOrganization(database);
    if (!first) {
      const { admin } = await createOrganization(database, dataKeys, 'Default', environmentKey ?? undefined);
      return environmentKey === null ? admin.key : null;
    }
    if (environmentKey !== null) await useEnvironmentKey(database, first.id, environmentKey);
    return null;
  });
}

function firstOrganization(database: Database): Promise<Organization | null> {
  return database.asSystem('setup').organization.findFirst({ orderBy: [{ created_at: 'asc' }, { id: 'asc' }] });
}

const WAIT_MS = { look: 250, patience: 60_000 };

/** A worker makes nothing: it waits until another process has. Throws `unavailable` when none does in a minute. */
export async function awaitFirstOrganization(database: Database): Promise<void> {
  const deadline = Date.now() + WAIT_MS.patience;
  while (!(await firstOrganization(database))) {
    if (Date.now() > deadline) {
      throw new KeyturnError('unavailable', {
        detail: 'The database is empty: start a process with KEYTURN_ROLE=api (or all), which sets it up.',
      });
    }
    await setTimeout(WAIT_MS.look);
  }
}

/** How the admin key that was made is shown, the one time. */
export function firstKeyLine(key: string): string {
  return `Admin API key, shown only this once: ${key}`;
}

async function useEnvironmentKey(database: Database, organizationId: string, key: string): Promise<void> {
  const key_hash = hashApiKey(key);
  await database.asSystem('setup').transaction(async (tx) => {
    const known = await tx.apiKey.findFirst({ where: { key_hash } });
    const replaced = await tx.apiKey.updateManyAndReturn({
      where: { organization_id: organizationId, name: ENVIRONMENT_KEY, revoked_at: null, key_hash: { not: key_hash } },
      data: { revoked_at: new Date() },
    });
    // Set in the environment again, so it is meant to work again.
    const restored =
      known?.organization_id === organizationId &&
      known.revoked_at !== null &&
      (await tx.apiKey.updateMany({ where: { id: known.id }, data: { revoked_at: null } }));
    for (const { id } of replaced) {
      await AuditLog.append(tx, organizationId, { actor: 'service', action: 'api_key.revoked', subject: id });
    }
    if (restored) {
      const details = { restored: true };
      await AuditLog.append(tx, organizationId, {
        actor: 'service',
        action: 'api_key.created',
        subject: known.id,
        details,
      });
    }
    if (!known) await createApiKey(tx, organizationId, { name: ENVIRONMENT_KEY, scopes: ['admin'], key }, 'service');
  });
}
