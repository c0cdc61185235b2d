import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { SendMailOptions } from 'nodemailer';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { SentMessage } from '../../src/practice/variant.ts';
import { codeTypedAt, evidenceText } from '../support/code-typed.ts';
import { roadTo } from '../support/cut-off.ts';
import { type DovecotServer, dovecot, startDovecot } from '../support/dovecot-server.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type Answer, type Service, startService } from '../support/service.ts';
import { describeWith } from '../support/skip.ts';
import { makeCertificates, type TestCertificates } from '../support/test-certificates.ts';
import { startTokenEndpoint } from '../support/token-endpoint.ts';

const MAILBOX_PASSWORD = 'kt-mailbox-7Qf2';
/** More than one login on a busy machine. */
const SEVERAL_RUNS = { timeout: 120_000 };
const BANK = 'Lindgrove Bank <no-reply@mail.bank.test>';

const mailWith = (code: string, change: SendMailOptions = {}): SendMailOptions => ({
  from: BANK,
  subject: 'Your sign-in',
  html: `<p>Hello,</p><p>your verification code is <b>${code}</b>. It is valid for ten minutes.</p>`,
  ...change,
});

describeWith(dovecot, 'codes from a mailbox at a real IMAP server', () => {
  let service: Service;
  let practice: Practice;
  let certificates: TestCertificates;
  let imap: DovecotServer;
  const codes = new Map<string, string>();
  /** Deliveries that the site itself set off. */
  const deliveries: Promise<void>[] = [];
  let onSend: (message: SentMessage) => void = () => {};
  beforeAll(async () => {
    certificates = makeCertificates();
    imap = await startDovecot(certificates, MAILBOX_PASSWORD);
    practice = await startPractice({
      deliver: (message) => {
        codes.set(message.username, message.code);
        onSend(message);
      },
    });
    service = await startService({ KEYTURN_RUNS_PER_WORKER: '4', KEYTURN_CODE_TIMEOUT_SECONDS: '90' });
  });
  afterAll(async () => {
    await Promise.all(deliveries);
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
  const start = async (name: string, mailbox: Record<string, unknown> = {}, account = newAccount(name)) => {
    const { status, body } = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('totp-one-box'),
      username: account.username,
      password: account.password,
      totp_identifier: account.codeTo,
      mailbox: mailboxOf(name, mailbox),
      save_browser_profile: false,
    });
    expect([status, body.errors]).toEqual([200, undefined]);
    return body as { credential_id: string; workflow_run_id: string };
  };
  type Started = Awaited<ReturnType<typeof start>>;
  const poll = async (started: Started): Promise<Answer['body']> =>
    (await service.call('GET', `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}`)).body;
  const logins = (user: string) => imap.log().split(`Login: user=<${user}>`).length - 1;
  const waits = (started: Started) =>
    expect.poll(async () => (await poll(started)).awaiting).toMatchObject({ channel: 'email', kind: 'code' });
  /** The run waits, and its connection to the mailbox is there. */
  const opened = async (started: Started, user: string, connections = 1) => {
    await waits(started);
    await expect.poll(() => logins(user)).toBeGreaterThanOrEqual(connections);
  };
  /** What goes wrong at the mailbox is told while the run waits. */
  const seen = (started: Started, words: string) =>
    expect
      .poll(async () => {
        const db = service.runtime.services.storage.database.asSystem('sweep');
        const rows = await db.runEvent.findMany({ where: { run_id: started.workflow_run_id, event: 'awaiting' } });
        return rows.map(({ data }) => data);
      })
      .toContainEqual({ state: 'trouble', kind: 'code', text: expect.stringContaining(words) });
  const loggedIn = async (started: Started): Promise<string> => {
    const result = await service.finished(started);
    const told = evidenceText(result);
    expect([result.outcome, told]).toEqual(['logged_in', told]);
    return told;
  };
  const push = (name: string) =>
    service.call('POST', '/v1/totp', { totp_identifier: `${name}@lindgrove.test`, content: codes.get(name) });

  test('a mail that comes while the run waits lets it in, and no mail is touched', async () => {
    const started = await start('idle');
    await opened(started, 'idle');
    await imap.deliver('idle', mailWith('', { subject: 'Our news', html: '<p>Nothing but news this week.</p>' }));
    const before = Date.now();
    await imap.deliver('idle', mailWith(codes.get('idle') ?? ''));
    const delivered = Date.now();
    const told = await loggedIn(started);
    const typed = await codeTypedAt(service, started.workflow_run_id);
    console.info(`mail by LMTP into Dovecot (${delivered - before} ms), then to code typed: ${typed - delivered} ms`);
    expect(told).toContain('The code (mailbox) came for this run.');
    expect(told).toContain('Nothing is known of whether the mail is from whom it says');
    expect(practice.site.attempts('idle')).toMatchObject({ password: 1, code: 1 });
    expect(await imap.count('idle')).toEqual({ all: 2, marked: 0 });
    const { body } = await service.call('GET', `/v1/totp?workflow_run_id=${started.workflow_run_id}`);
    expect(body).toEqual([
      expect.objectContaining({ source: 'mailbox', sender_verdict: 'none', code: null, state: 'used' }),
    ]);
  });

  test('a mail of an earlier challenge, of a wrong sender and of a refuted one are left alone', async () => {
    const minutes = (count: number) => new Date(Date.now() - count * 60_000);
    await imap.append('picky', mailWith('111111'), minutes(1));
    const started = await start('picky', { senders: ['bank.test'] });
    await opened(started, 'picky', 2);
    const forged = {
      'Authentication-Results': 'mx.lindgrove.test; dkim=fail; dmarc=fail (p=reject) header.from=bank.test',
    };
    const wrong = [
      mailWith('222222', { from: 'Other <no-reply@otherbank.test>' }),
      mailWith('333333', { from: 'Two <no-reply@bank.test>, Other <x@otherbank.test>' }),
      mailWith('444444', { headers: forged }),
    ];
    for (const [index, mail] of wrong.entries()) {
      await imap.deliver('picky', mail);
      await expect.poll(() => imap.reads('picky')).toBe(index + 1);
    }
    expect((await poll(started)).awaiting).not.toBeNull();
    const confirmed = { 'Authentication-Results': 'mx.lindgrove.test; dmarc=pass (p=reject) header.from=bank.test' };
    await imap.deliver('picky', mailWith(codes.get('picky') ?? '', { headers: confirmed }));
    const told = await loggedIn(started);
    expect(told).toContain("is not from the mailbox's senders");
    expect(told).toContain('says that it is not from whom it says');
    expect(told).toContain('The sender of the mail is confirmed');
    expect(practice.site.attempts('picky')).toMatchObject({ code: 1 });
  });

  test('a mail that is faster than the run is found, over STARTTLS; its code is not used again', async () => {
    onSend = ({ username, code }) => deliveries.push(imap.deliver(username, mailWith(code)));
    onTestFinished(() => {
      onSend = () => {};
    });
    const account = newAccount('early');
    const starttls = { secure: false, port: imap.imap };
    await loggedIn(await start('early', starttls, account));
    const first = codes.get('early') ?? '';
    onSend = () => {};
    const again = await start('early', starttls, account);
    await opened(again, 'early', 2);
    await imap.deliver('early', mailWith(first));
    await imap.deliver('early', mailWith(codes.get('early') ?? ''));
    await loggedIn(again);
    expect(practice.site.attempts('early')).toMatchObject({ password: 2, code: 2 });
  });

  test('a lost connection is made again, and what came meanwhile is found', async () => {
    const road = await roadTo('127.0.0.1', imap.imaps);
    onTestFinished(() => road.close());
    const started = await start('lost', { port: road.port });
    await opened(started, 'lost');
    await road.cut();
    await seen(started, 'The connection to the mailbox was lost');
    await imap.deliver('lost', mailWith(codes.get('lost') ?? ''));
    await road.mend();
    expect(await loggedIn(started)).toMatch(/The connection to the mailbox was lost/);
  });

  test(
    'a mailbox that cannot be read is told in plain words, is tried once, and a pushed code still lets the run in',
    SEVERAL_RUNS,
    async () => {
      const troubles: [string, Record<string, unknown>, string][] = [
        ['wrong-password', { password: 'kt-wrong-mailbox-password' }, 'refused the login to the mailbox'],
        ['no-oauth', { password: undefined, access_token: 'kt-mailbox-access-token' }, 'takes no OAuth access token'],
        ['no-folder', { folder: 'Codes' }, 'no folder of the name'],
        ['no-trust', { ca: undefined }, 'is not to be trusted'],
        ['no-tls', { port: imap.imap }, 'offers no TLS the way it is set'],
        ['private', { host: '10.1.2.3' }, 'the address 10.1.2.3 is private'],
        ['own', { port: Number(new URL(service.url).port) }, 'belongs to Keyturn itself'],
      ];
      const runs: [string, Started, string][] = [];
      for (const [name, change, words] of troubles) runs.push([name, await start(name, change), words]);
      for (const [name, started, words] of runs) {
        await seen(started, words);
        expect((await push(name)).status).toBe(200);
        const told = await loggedIn(started);
        expect(told).not.toContain('kt-');
        expect(told).toContain(words);
      }
      expect(imap.log().match(/auth failed/g)).toHaveLength(1);
      for (const secret of ['kt-wrong-mailbox-password', 'kt-mailbox-access-token', MAILBOX_PASSWORD]) {
        expect(service.log()).not.toContain(secret);
      }
    },
  );

  test('an OAuth access token opens a mailbox; one that is over is tried once', async () => {
    const token = 'kt-mailbox-access-token';
    let asked = 0;
    const issuer = createServer(async (request, response) => {
      asked += 1;
      const form = new URLSearchParams(await text(request));
      const active = form.get('token') === token;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ active, username: 'oauth' }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const { port } = issuer.address() as AddressInfo;
    const server = await startDovecot(certificates, MAILBOX_PASSWORD, `http://127.0.0.1:${port}/`);
    onTestFinished(async () => {
      await server.stop();
      issuer.closeAllConnections();
      await new Promise((resolve) => issuer.close(resolve));
    });
    const withToken = { port: server.imaps, user: 'oauth', password: undefined, access_token: token };
    const over = await start('over', { ...withToken, access_token: `${token}-over` });
    await seen(over, 'refused the login to the mailbox');
    expect(asked).toBe(1);
    await push('over');
    await loggedIn(over);
    const started = await start('oauth', withToken);
    await waits(started);
    await expect.poll(() => server.log()).toContain('Login: user=<oauth>');
    await server.deliver('oauth', mailWith(codes.get('oauth') ?? ''));
    expect(await loggedIn(started)).toContain('The code (mailbox) came for this run.');
  });

  test(
    'a refresh token opens a mailbox, is replaced, and is not tried again once it is refused',
    SEVERAL_RUNS,
    async () => {
      const endpoint = await startTokenEndpoint({ user: 'renewed' });
      const server = await startDovecot(certificates, MAILBOX_PASSWORD, endpoint.introspection);
      onTestFinished(async () => {
        await server.stop();
        await endpoint.close();
      });
      const { username, password, codeTo } = newAccount('renewed');
      const oauth = { token_url: endpoint.url, ...endpoint.client, refresh_token: endpoint.first };
      const mailbox = mailboxOf('renewed', { port: server.imaps, password: undefined, oauth });
      const { body: stored } = await service.call('POST', '/v1/credentials', {
        name: 'Renewed',
        credential_type: 'password',
        credential: { username, password, totp_identifier: codeTo, mailbox },
      });
      const { client_id } = endpoint.client;
      expect(stored.mailbox.oauth).toEqual({ token_origin: new URL(endpoint.url).origin, client_id });
      const begin = async (): Promise<Started> => {
        const path = `/v1/credentials/${stored.credential_id}/test`;
        const url = practice.site.url('totp-one-box');
        return (await service.call('POST', path, { url, start_from_profile: false, save_browser_profile: false })).body;
      };
      const opens = () => server.log().split('Login: user=<renewed>').length - 1;
      const first = await begin();
      await waits(first);
      await expect.poll(opens).toBe(1);
      await server.deliver('renewed', mailWith(codes.get('renewed') ?? ''));
      await loggedIn(first);
      // The mail server takes the token no more, long before it said so.
      endpoint.endAccess();
      const second = await begin();
      await seen(second, 'takes the kept access token no more');
      await waits(second);
      await expect.poll(opens).toBe(2);
      await server.deliver('renewed', mailWith(codes.get('renewed') ?? ''));
      await loggedIn(second);
      expect([endpoint.asked, endpoint.revoked()]).toEqual([[endpoint.first, 'kt-refresh-1-Wm3'], false]);
      endpoint.endAccess();
      endpoint.answer = 'refuse';
      const third = await begin();
      await seen(third, '(invalid_grant). Give the credential a new refresh token.');
      expect((await push('renewed')).status).toBe(200);
      const told = await loggedIn(third);
      expect(endpoint.asked).toHaveLength(3);
      for (const secret of endpoint.secrets()) {
        for (const text of [told, service.log(), ...service.answers()]) expect(text).not.toContain(secret);
      }
    },
  );

  test('what opens a mailbox is never read back, and an update replaces it as a whole', async () => {
    const { body } = await service.call('POST', '/v1/credentials', {
      name: 'Stored',
      credential_type: 'password',
      credential: { password: 'x', mailbox: mailboxOf('stored', { senders: ['@Bank.test', 'A@b.test'] }) },
    });
    const shown = {
      host: 'localhost',
      port: imap.imaps,
      secure: true,
      user: 'stored',
      folder: 'INBOX',
      senders: ['bank.test', 'a@b.test'],
    };
    expect(body).toMatchObject({ mailbox: shown, credential: { totp_type: 'email' } });
    const path = `/v1/credentials/${body.credential_id}`;
    expect((await service.call('GET', path)).text).not.toContain(MAILBOX_PASSWORD);
    const updated = await service.call('POST', `${path}/update`, { credential: { password: 'y' } });
    expect(updated.body).toMatchObject({ mailbox: null, credential: { totp_type: 'none' } });
    const cases: [Record<string, unknown>, string][] = [
      [{ totp_type: 'text' }, '/credential/totp_type'],
      [{ mailbox: mailboxOf('x', { password: undefined }) }, '/credential/mailbox'],
      [{ mailbox: mailboxOf('x', { access_token: 'both' }) }, '/credential/mailbox'],
      [
        { mailbox: mailboxOf('x', { oauth: { token_url: 'https://a.test', client_id: 'c', refresh_token: 'r' } }) },
        '/credential/mailbox',
      ],
      [
        {
          mailbox: mailboxOf('x', {
            password: undefined,
            oauth: { token_url: 'ftp://a.test', client_id: 'c', refresh_token: MAILBOX_PASSWORD },
          }),
        },
        '/credential/mailbox/oauth/token_url',
      ],
      [{ mailbox: mailboxOf('x', { senders: ['nobody'] }) }, '/credential/mailbox/senders/0'],
      [{ mailbox: mailboxOf('x', { host: 'imap://host' }) }, '/credential/mailbox/host'],
      [{ mailbox: mailboxOf('x', { ca: 'no certificate' }) }, '/credential/mailbox/ca'],
    ];
    for (const [change, place] of cases) {
      const refused = await service.call('POST', `${path}/update`, {
        credential: { password: 'y', mailbox: mailboxOf('x'), ...change },
      });
      expect([refused.status, refused.body.errors?.[0]?.path]).toEqual([400, place]);
      expect(refused.text).not.toContain(MAILBOX_PASSWORD);
    }
  });
});
