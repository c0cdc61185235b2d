import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { EarlyMailbox } from '../../src/codes/early-mailbox.ts';
import { MailboxTokens } from '../../src/codes/mailbox-tokens.ts';
import { openMailbox } from '../../src/codes/open-mailbox.ts';
import { type MailboxWatch, watchMailbox } from '../../src/codes/watch-mailbox.ts';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import type { MailboxSecret } from '../../src/vaults/vault.ts';
import { codeMail, type ScriptedMailbox, startScriptedMailbox } from '../support/scripted-mailbox.ts';
import { describeWith } from '../support/skip.ts';
import { makeCertificates, openssl, type TestCertificates } from '../support/test-certificates.ts';
import { openFixture, type VaultFixture } from '../vaults/vault-fixture.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

describeWith(openssl, 'which mails of a mailbox are new', () => {
  let certificates: TestCertificates;
  let fixture: VaultFixture;
  const client = new GuardedClient(['127.0.0.0/8']);
  beforeAll(async () => {
    certificates = makeCertificates();
    fixture = await openFixture('sqlite');
  });
  afterAll(async () => {
    certificates.remove();
    await client.close();
    await fixture.close();
  });

  const setUp = async (aheadMs: number) => {
    const mailbox = await startScriptedMailbox(certificates, { aheadMs });
    const over = new AbortController();
    onTestFinished(async () => {
      over.abort();
      await mailbox.close();
    });
    const db = await fixture.organization();
    const secret: MailboxSecret = {
      host: 'localhost',
      port: mailbox.imap.port,
      secure: true,
      user: 'ada',
      password: 'x',
      access_token: null,
      folder: 'INBOX',
      senders: [],
      ca: certificates.ca,
    };
    const allowNetworks = ['127.0.0.0/8'];
    const { dataKeys } = fixture;
    const services = { dataKeys, client, mailboxTokens: new MailboxTokens({ dataKeys, client, allowNetworks }) };
    const opening = { attempt: 0, signal: over.signal, onSecrets: () => undefined };
    /** As a run does before it submits the password. */
    const before = async () => {
      const early = new EarlyMailbox(openMailbox(services, db, secret, opening));
      await expect.poll(() => early.snapshot).not.toBeNull();
      return { early, snapshot: early.snapshot };
    };
    const watch = (change: Partial<MailboxWatch> = {}) =>
      watchMailbox(services, db, {
        mailbox: secret,
        runId: 'wr_1',
        identifier: 'ada@lindgrove.test',
        otpType: 'totp',
        codesFrom: new Date(),
        codesFromGiven: false,
        snapshot: null,
        early: null,
        expiresAt: new Date(Date.now() + HOUR_MS),
        signal: over.signal,
        onTrouble: () => undefined,
        onSecrets: () => undefined,
        ...change,
      });
    return { mailbox, before, watch };
  };
  /** The watch has looked at what lay there, and now waits. */
  const looked = ({ imap }: ScriptedMailbox) => expect.poll(() => imap.commands.at(-1)).toBe('IDLE');

  test.each([
    ['an hour behind', -HOUR_MS],
    ['an hour ahead', HOUR_MS],
    ['right', 0],
    ['a year behind', -8766 * HOUR_MS],
  ])(
    'where the clock of the server is %s, what came after the snapshot is new and nothing else',
    async (_name, ahead) => {
      const { mailbox, before, watch } = await setUp(ahead);
      mailbox.deliver(codeMail('111111'));
      const known = await before();
      mailbox.deliver(codeMail('222222'));
      expect((await watch(known)).code).toBe('222222');
      expect(mailbox.imap.connections()).toBe(1);
    },
  );

  test('the snapshot holds over a lost connection', async () => {
    const { mailbox, before, watch } = await setUp(-HOUR_MS);
    mailbox.deliver(codeMail('111111'));
    const { early, snapshot } = await before();
    early.close();
    await expect.poll(() => mailbox.opened()).toBe(0);
    mailbox.deliver(codeMail('222222'));
    expect((await watch({ snapshot })).code).toBe('222222');
  });

  test('without a snapshot the date decides, and old mail that is moved there stays old', async () => {
    const { mailbox, watch } = await setUp(0);
    mailbox.deliver(codeMail('111111'), new Date(Date.now() - MINUTE_MS));
    const watched = watch();
    await looked(mailbox);
    mailbox.deliver(codeMail('222222'), new Date(Date.now() - 15 * MINUTE_MS));
    mailbox.deliver(codeMail('333333'), new Date(Date.now() - MINUTE_MS));
    expect((await watched).code).toBe('333333');
  });

  test('a moment that was named lets earlier mail count by its date', async () => {
    const { mailbox, before, watch } = await setUp(0);
    mailbox.deliver(codeMail('111111'), new Date(Date.now() - 10 * MINUTE_MS));
    mailbox.deliver(codeMail('222222'), new Date(Date.now() - 2 * MINUTE_MS));
    const codesFrom = new Date(Date.now() - 5 * MINUTE_MS);
    expect((await watch({ ...(await before()), codesFrom, codesFromGiven: true })).code).toBe('222222');
  });

  test('of a folder that was made anew the snapshot says nothing', async () => {
    const { mailbox, before, watch } = await setUp(0);
    const { early } = await before();
    early.close();
    mailbox.deliver(codeMail('111111'), new Date(Date.now() - MINUTE_MS));
    const watched = watch({ snapshot: { uidValidity: 6n, uidNext: 1 } });
    await looked(mailbox);
    mailbox.deliver(codeMail('222222'));
    expect((await watched).code).toBe('222222');
  });
});
