import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SentMessage } from '../../src/practice/variant.ts';
import { type DovecotServer, dovecot, startDovecot } from '../support/dovecot-server.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type Answer, type Service, startServiceOn } from '../support/service.ts';
import { describeWith } from '../support/skip.ts';
import { makeCertificates, type TestCertificates } from '../support/test-certificates.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

const MAILBOX_PASSWORD = 'kt-mailbox-7Qf2';
const BANK = 'Lindgrove Bank <no-reply@bank.lindgrove.test>';

const mailWith = (code: string, from = BANK) => ({
  from,
  subject: 'Your sign-in code',
  html: `<p>Hello,</p><p>your verification code is <b>${code}</b>. It is valid for ten minutes.</p>`,
});

describeWith(dovecot, 'with a real IMAP server', () => {
  describeOnEachDatabase('codes from a mailbox', (databases) => {
    let service: Service;
    let practice: Practice;
    let certificates: TestCertificates;
    let imap: DovecotServer;
    /** What happens when the site sends a code; by account. */
    const onSend = new Map<string, (message: SentMessage) => Promise<unknown> | undefined>();
    const pending: Promise<unknown>[] = [];
    const codes = new Map<string, string>();
    beforeAll(async () => {
      certificates = makeCertificates();
      imap = await startDovecot(certificates, MAILBOX_PASSWORD);
      practice = await startPractice({
        deliver: (message) => {
          codes.set(message.username, message.code);
          const sent = onSend.get(message.username)?.(message);
          if (sent) pending.push(sent);
        },
      });
      service = await startServiceOn(databases, { KEYTURN_RUNS_PER_WORKER: '4', KEYTURN_CODE_TIMEOUT_SECONDS: '20' });
    });
    afterAll(async () => {
      await Promise.all(pending);
      await service.close();
      await practice.close();
      await imap.stop();
      certificates.remove();
    });

    const newAccount = (name: string) => {
      const account = { username: name, password: randomPassword(), codeTo: `${name}@lindgrove.test` };
      practice.site.accounts.set(account);
      return account;
    };
    const mailboxOf = (user: string, change: Record<string, unknown> = {}) => ({
      host: 'localhost',
      port: imap.imaps,
      user,
      password: MAILBOX_PASSWORD,
      ca: certificates.ca,
      ...change,
    });
    const start = async (name: string, mailbox: Record<string, unknown> = {}) => {
      const { username, password } = newAccount(name);
      const { status, body } = await service.call('POST', '/v1/credentials/test-login', {
        url: practice.site.url('totp-one-box'),
        username,
        password,
        mailbox: mailboxOf(name, mailbox),
      });
      expect([status, body.errors]).toEqual([200, undefined]);
      return body as { credential_id: string; workflow_run_id: string };
    };
    type Started = Awaited<ReturnType<typeof start>>;
    const poll = async (started: Started): Promise<Answer['body']> =>
      (await service.call('GET', `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}`)).body;
    const told = (result: Answer['body']): string =>
      result.evidence.map((one: { text: string }) => one.text).join('\n');
    /** Resolves once the run's connection idles, by the server's own account of it. */
    const opened = async (user: string, times = 1) =>
      expect.poll(() => imap.log().split(`Login: user=<${user}>`).length - 1).toBeGreaterThanOrEqual(times);

    test('a mail that comes while the run waits lets it in, and is left as it was', async () => {
      const started = await start('idle');
      await expect.poll(async () => (await poll(started)).awaiting).toMatchObject({ channel: 'email', kind: 'code' });
      await opened('idle');
      await imap.deliver(
        'idle',
        mailWith('111111', 'Somebody <news@elsewhere.test>').subject
          ? { ...mailWith('111111'), subject: 'x', html: '<p>Nothing to see.</p>' }
          : {},
      );
      const sentAt = Date.now();
      await imap.deliver('idle', mailWith(codes.get('idle') ?? ''));
      const result = await service.finished(started);
      expect(result, told(result)).toMatchObject({ outcome: 'logged_in', awaiting: null });
      const { rows } = await events(started);
      const typed = rows.find(({ data }) => data.stage === 'code' && data.state === 'started');
      console.info(`mail by LMTP to code typed: ${Date.parse(typed?.created_at ?? '') - sentAt} ms`);
      expect(told(result)).toContain('The code (mailbox) came for this run.');
      expect(told(result)).toContain('Nothing is known of whether the mail is from whom it says');
      expect(practice.site.attempts('idle')).toMatchObject({ password: 1, code: 1 });
    });

    async function events(started: Started) {
      const db = service.runtime.services.storage.database.asSystem('sweep');
      const found = await db.runEvent.findMany({
        where: { run_id: started.workflow_run_id },
        orderBy: { sequence: 'asc' },
      });
      return {
        rows: found.map((row) => ({
          ...row,
          data: row.data as Record<string, unknown>,
          created_at: row.created_at.toISOString(),
        })),
      };
    }
  });
});
