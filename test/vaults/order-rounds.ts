import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readSecret } from '../../src/credentials/credential-secret.ts';
import { deleteCredential } from '../../src/credentials/credential-store.ts';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import { openStorage, type StorageConfig } from '../../src/storage/open-storage.ts';
import { DataKeys } from '../../src/vaults/data-keys.ts';
import type { VaultType } from '../../src/vaults/vault.ts';
import { createVaultConfig } from '../../src/vaults/vault-config-store.ts';
import { VAULT_PROVIDERS } from '../../src/vaults/vault-providers.ts';
import { startNodeProgram } from '../support/child-program.ts';
import type { JsonService } from '../support/json-service.ts';
import { orderServices } from './order-services.ts';

/** What the program that is killed is told. */
export interface OrderSettings {
  dataDir: string;
  databaseUrl: string | null;
  organizationId: string;
  vaultType: VaultType;
}

/** A vault that can be written, with the service behind it. */
export interface OrderVault {
  type: VaultType;
  /** The body of its configuration. */
  body: unknown;
  /** Where its requests pass. */
  http: JsonService;
  /** The ids of all items in it, as credentials name them. */
  items(): string[];
  /** Environment of a process that uses it. */
  env?: Record<string, string>;
}

/** What was found after a round: all of them are empty, or the order of work has a hole. */
export interface Found {
  /** Items that no credential names. */
  strayItems: string[];
  /** Credentials whose item is gone. */
  emptyCredentials: string[];
  /** Credentials whose secret is not the one that belongs to their row. */
  mixed: string[];
  /** Deletions that are not done. */
  unfinished: number;
}

const PROGRAM = path.resolve(import.meta.dirname, 'order-program.ts');
/** What the service looks after in the minute after both are up again: it does so each ten seconds. */
const SWEEPS_MS = [10_000, 20_000, 30_000, 40_000, 50_000, 60_000];
/** Requests after which the program is killed, at most. */
const MAX_REQUESTS = 16;

/** Numbers that look random and are the same for the same seed (Park and Miller's generator). */
function numbers(seed: number): (below: number) => number {
  let state = (seed % 2_147_483_646) + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Kills the process at a moment of the vault's work, or a little after it, between two steps of its own. */
async function untilKilled(http: JsonService, kill: () => void, random: (below: number) => number): Promise<void> {
  const last = 1 + random(MAX_REQUESTS);
  const moment = random(2) === 0 ? 'came' : 'done';
  const pause = random(3) === 0 ? random(60) : 0;
  const killed = Promise.withResolvers<void>();
  let seen = 0;
  http.watch = (what) => {
    if (what !== moment) return;
    seen += 1;
    if (seen !== last) return;
    if (pause === 0) kill();
    killed.resolve();
  };
  await killed.promise;
  if (pause > 0) await delay(pause);
  kill();
  http.watch = null;
}

/** One process that works and is killed; then the sweep, and what it left. */
async function round(place: StorageConfig, vault: OrderVault, organizationId: string, seed: number): Promise<Found> {
  const { dataDir, databaseUrl } = place;
  const settings: OrderSettings = { dataDir, databaseUrl, organizationId, vaultType: vault.type };
  const program = startNodeProgram([PROGRAM], path.dirname(dataDir), {
    input: JSON.stringify(settings),
    env: { NODE_COMPILE_CACHE: path.resolve('node_modules/.cache/keyturn-threads'), ...vault.env },
  });
  try {
    await program.printed(/ready/, 60_000);
    const over = program.ended.then((code) => {
      if (code !== null) throw new Error(`The program ended by itself:\n${program.output()}`);
    });
    await Promise.race([over, untilKilled(vault.http, () => program.signal('SIGKILL'), numbers(seed))]);
    await over;
  } finally {
    vault.http.watch = null;
    await program.close();
  }
  return inspect(place, vault, organizationId);
}

/** A minute's sweeps, one right after the other. */
async function minute(sweep: Order['sweep']): Promise<void> {
  const start = Date.now();
  for (const after of SWEEPS_MS) await sweep(new Date(start + after));
}

async function inspect(place: StorageConfig, vault: OrderVault, organizationId: string): Promise<Found> {
  return withServices(
    place,
    async ({ services, sweep }, db) => {
      // The first look for what a killed process was making comes 45 s later: what it had asked for is done by then.
      await vault.http.idle();
      await minute(sweep);
      const rows = await db.credential.findMany();
      const named = new Set(rows.map((row) => row.vault_item_id));
      const items = vault.items();
      const there = new Set(items);
      const mixed: string[] = [];
      for (const row of rows) {
        if (!there.has(row.vault_item_id ?? '')) continue;
        const { username, password } = await readSecret(services, db, row, { actor: 'service', related: null });
        if (username !== row.username || password !== username.replace('user', 'password')) mixed.push(row.id);
      }
      const found = {
        strayItems: items.filter((id) => !named.has(id)),
        emptyCredentials: rows.filter((row) => !there.has(row.vault_item_id ?? '')).map((row) => row.id),
        mixed,
        unfinished: await db.vaultWrite.count({ where: { kind: { not: 'undo' } } }),
      };
      for (const row of rows) await deleteCredential(services, db, row.id, 'service');
      // Past the time that what was unfinished is looked for, so that the next round starts from nothing.
      await sweep(new Date(Date.now() + 10 * 60_000));
      return found;
    },
    organizationId,
  );
}

type Order = ReturnType<typeof orderServices>;

async function withServices<T>(
  place: StorageConfig,
  work: (order: Order, db: OrganizationDb, dataKeys: DataKeys) => Promise<T>,
  organizationId?: string,
): Promise<T> {
  const storage = await openStorage(place);
  const { database } = storage;
  const client = new GuardedClient(['127.0.0.0/8']);
  try {
    const dataKeys = await DataKeys.load({ masterKeys: [], dataDir: place.dataDir }, database);
    const id = organizationId ?? (await createOrganization(database, dataKeys, 'Order of work')).organization.id;
    const db = database.forOrganization(id);
    const order = orderServices({ database, dataKeys, client });
    const result = await work(order, db, dataKeys);
    await order.close();
    return result;
  } finally {
    await client.close();
    await storage.close();
  }
}

/**
 * Lets a process create, update and delete in a vault and kills it, again and again, on one database and one vault.
 * `tell` hears of every round. `seed` chooses the moments.
 */
export async function orderRounds(
  place: StorageConfig,
  vault: OrderVault,
  { rounds, seed, tell }: { rounds: number; seed: number; tell?: (round: number, found: Found) => void },
): Promise<Found> {
  const provider = VAULT_PROVIDERS.find(({ type }) => type === vault.type);
  if (!provider) throw new Error(`There is no vault ${vault.type}`);
  const organizationId = await withServices(place, async (_order, db, dataKeys) => {
    await createVaultConfig(dataKeys, db, vault.type, provider.parse(vault.body), 'service');
    return db.organizationId;
  });
  const all: Found = { strayItems: [], emptyCredentials: [], mixed: [], unfinished: 0 };
  for (let number = 0; number < rounds; number += 1) {
    const found = await round(place, vault, organizationId, seed * 1000 + number);
    tell?.(number, found);
    all.strayItems.push(...found.strayItems);
    all.emptyCredentials.push(...found.emptyCredentials);
    all.mixed.push(...found.mixed);
    all.unfinished += found.unfinished;
  }
  return all;
}
