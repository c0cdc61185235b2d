import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { evidenceText } from '../support/code-typed.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { codeMail, type ScriptedMailbox, startScriptedMailbox } from '../support/scripted-mailbox.ts';
import { type Service, startService } from '../support/service.ts';
import { describeWith } from '../support/skip.ts';
import { makeCertificates, openssl, type TestCertificates } from '../support/test-certificates.ts';

const HOUR_MS = 3_600_000;

describeWith(openssl, 'codes from a mailbox whose server has a clock of its own', () => {
  let service: Service;
  let practice: Practice;
  let certificates: TestCertificates;
  let onSend: (code: string) => void = () => {};
  beforeAll(async () => {
    certificates = makeCertificates();
    practice = await startPractice({ deliver: ({ code }) => onSend(code) });
    service = await startService({ KEYTURN_CODE_TIMEOUT_SECONDS: '60' });
  });
  afterAll(async () => {
    await service.close();
    await practice.close();
    certificates.remove();
  });

  const start = async (name: string, mailbox: ScriptedMailbox) => {
    const account = { username: name, password: randomPassword(), codeTo: `${name}@lindgrove.test` };
    practice.site.accounts.set(account);
    const { body } = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('totp-one-box'),
      username: name,
      password: account.password,
      totp_identifier: account.codeTo,
      save_browser_profile: false,
      mailbox: { host: 'localhost', port: mailbox.imap.port, user: name, password: 'kt-box', ca: certificates.ca },
    });
    return body as { credential_id: string; workflow_run_id: string };
  };
  const mailboxAt = async (aheadMs: number, openMs = 0) => {
    const mailbox = await startScriptedMailbox(certificates, { aheadMs, openMs });
    onTestFinished(() => mailbox.close());
    return mailbox;
  };

  test('a run that asks for no code lets go of its mailbox', async () => {
    const mailbox = await mailboxAt(0);
    onSend = () => {};
    const { ada, site } = practice;
    const { body } = await service.call('POST', '/v1/credentials/test-login', {
      url: site.url('classic'),
      username: ada.username,
      password: ada.password,
      save_browser_profile: false,
      mailbox: { host: 'localhost', port: mailbox.imap.port, user: 'ada', password: 'kt-box', ca: certificates.ca },
    });
    expect(await service.finished(body)).toMatchObject({ outcome: 'logged_in' });
    await expect.poll(() => mailbox.opened()).toBe(0);
    expect(mailbox.imap.connections()).toBe(1);
  });

  test.each([
    ['behind', -HOUR_MS, 0],
    ['ahead', HOUR_MS, 0],
    ['behind, and slow to open', -HOUR_MS, 1_500],
  ])('an hour %s: the mail of the first second is found, an older one is not used', async (name, aheadMs, openMs) => {
    const mailbox = await mailboxAt(aheadMs, openMs);
    mailbox.deliver(codeMail('111111'));
    onSend = (code) => mailbox.deliver(codeMail(code));
    const result = await service.finished(await start(name.replaceAll(/\W+/g, '-'), mailbox));
    expect([result.outcome, evidenceText(result)]).toEqual(['logged_in', expect.stringContaining('(mailbox)')]);
    expect(practice.site.attempts(name.replaceAll(/\W+/g, '-'))).toMatchObject({ password: 1, code: 1 });
    expect(mailbox.imap.connections()).toBe(1);
    await expect.poll(() => mailbox.opened()).toBe(0);
  });

  test('the login does not wait for ever for a mailbox that does not answer', async () => {
    const mailbox = await mailboxAt(0);
    const release = mailbox.hold();
    let sent = '';
    onSend = (code) => {
      sent = code;
    };
    const started = await start('slow-box', mailbox);
    await expect.poll(() => sent, { timeout: 20_000 }).not.toBe('');
    expect(mailbox.imap.connections()).toBe(1);
    expect(mailbox.opened()).toBe(0);
    release();
    // Too late for a snapshot: the mail is found by its date.
    mailbox.deliver(codeMail(sent));
    expect(await service.finished(started)).toMatchObject({ outcome: 'logged_in' });
    expect(mailbox.imap.connections()).toBe(1);
  });
});
