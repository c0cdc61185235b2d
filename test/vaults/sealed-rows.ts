import { randomUUID } from 'node:crypto';
import { openCode, storeCode } from '../../src/codes/code-store.ts';
import { openTokens, storeTokens, takeRefresh } from '../../src/codes/mailbox-token-store.ts';
import { createSmsWebhook, openSmsWebhook } from '../../src/codes/sms-webhook-store.ts';
import { createRun } from '../../src/runs/run-store.ts';
import { openStartUrl } from '../../src/runs/start-url.ts';
import { rotateSigningSecret, signingSecrets } from '../../src/signing/signing-secret-store.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import { createVaultConfig, openVaultConfig } from '../../src/vaults/vault-config-store.ts';
import { generateWorkflow, type WorkflowRequest } from '../../src/workflows/workflow.ts';
import { createWorkflow } from '../../src/workflows/workflow-store.ts';
import type { VaultFixture } from './vault-fixture.ts';

/** One sealed row, and how what it holds is read as the service reads it. */
export interface SealedRow {
  readonly model: string;
  readonly id: string;
  read(fixture: Pick<VaultFixture, 'dataKeys' | 'vault' | 'services' | 'database'>): Promise<string | null>;
}

const runOf = async (db: OrganizationDb, id: string) => db.run.findUniqueOrThrow({ where: { id } });

async function startUrl(fixture: VaultFixture, db: OrganizationDb, text: string): Promise<SealedRow> {
  const url = `https://site.test/in?token=${text}`;
  const id = await db.transaction(async (tx) => {
    const workflow = {
      credentialId: 'cred_1',
      kind: 'credential_test',
      subject: 'x',
      url: 'https://site.test/',
      totpType: 'none',
      totpIdentifier: null,
      totpUrl: null,
      saveProfile: false,
      checkFirst: false,
    } satisfies WorkflowRequest;
    const workflowId = await createWorkflow(tx, generateWorkflow(workflow));
    return createRun(fixture.dataKeys, tx, {
      workflowId,
      credentialId: 'cred_1',
      temporaryCredential: false,
      url: 'https://site.test/',
      expect: ['logged_in'],
      saveProfile: false,
      startFromProfile: false,
      force: false,
      codesFrom: null,
      trace: null,
      startUrl: url,
    });
  });
  return {
    model: 'run',
    id,
    read: async ({ dataKeys }) => (await openStartUrl(dataKeys, db, await runOf(db, id)))?.replace(/.*=/, '') ?? null,
  };
}

async function mailboxTokens({ dataKeys }: VaultFixture, db: OrganizationDb, text: string): Promise<SealedRow> {
  const grantKey = randomUUID();
  await takeRefresh(db, grantKey, 'test');
  const tokens = { access_token: text, refresh_token: text };
  await storeTokens(dataKeys, db, { grantKey, round: 0 }, tokens, null);
  const row = await db.mailboxToken.findFirstOrThrow({ where: { grant_key: grantKey } });
  return {
    model: 'mailboxToken',
    id: row.id,
    async read(on) {
      const current = await db.mailboxToken.findUniqueOrThrow({ where: { id: row.id } });
      return (await openTokens(on.dataKeys, db, current))?.access_token ?? null;
    },
  };
}

/** Rows of an organization that hold this text, one in each place that there is. */
export async function sealInEveryPlace(fixture: VaultFixture, db: OrganizationDb, text: string): Promise<SealedRow[]> {
  const { dataKeys, services, vault } = fixture;
  const item = await vault.create(db, 'cred_1', {
    credential_type: 'secret',
    secret_value: text,
    secret_label: null,
  });
  const profile = await services.profiles.create(db, {
    name: 'P',
    credentialId: null,
    session: { storage_state: text, session_storage: {}, passkeys: [], context_options: {}, landing_url: null },
  });
  const code = await storeCode(dataKeys, db, {
    identifier: text,
    otpType: 'totp',
    code: text,
    content: text,
    source: null,
    taskId: null,
    workflowId: null,
    runId: null,
    expiresAt: new Date(Date.now() + 600_000),
  });
  const signing = await rotateSigningSecret(dataKeys, db, { secret: text, until: new Date(), actor: 'service' });
  const sms = await createSmsWebhook(dataKeys, db, { baseUrl: 'https://k.test', token: text, actor: 'service' });
  const parsed = { config: text, metadata: {}, secrets: [text] };
  const config = await createVaultConfig(dataKeys, db, 'custom', parsed, 'service');
  // Out of force, as most are: there is room for copies of it.
  await db.vaultConfig.updateMany({ where: { id: config.id }, data: { valid_type: null } });
  return [
    await mailboxTokens(fixture, db, text),
    {
      model: 'vaultConfig',
      id: config.id,
      async read(on) {
        const row = await db.vaultConfig.findUniqueOrThrow({ where: { id: config.id } });
        return String((await openVaultConfig(on.dataKeys, db, row)).config);
      },
    },
    {
      model: 'vaultItem',
      id: item,
      async read(on) {
        const secret = await on.vault.read(db, 'cred_1', item);
        return secret.credential_type === 'secret' ? secret.secret_value : null;
      },
    },
    {
      model: 'browserProfile',
      id: profile.id,
      read: async (on) => String((await on.services.profiles.open(db, profile.id))?.storage_state),
    },
    {
      model: 'code',
      id: code.id,
      read: async (on) => openCode(on.dataKeys, db, await db.code.findUniqueOrThrow({ where: { id: code.id } })),
    },
    {
      model: 'signingSecret',
      id: signing.row.id,
      read: async (on) => (await signingSecrets(on.dataKeys, db))[0] ?? null,
    },
    {
      model: 'smsWebhook',
      id: sms.id,
      read: async (on) => (await openSmsWebhook(on.dataKeys, on.database, sms.id))?.token ?? null,
    },
    await startUrl(fixture, db, text),
  ];
}
