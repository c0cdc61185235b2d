import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import nodemailer, { type SendMailOptions } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { checkSender, type DnsResolver } from '../../src/codes/check-sender.ts';
import { MailReceiver } from '../../src/codes/mail-receiver.ts';
import { recipientOf } from '../../src/codes/mail-recipient.ts';
import { loadConfig } from '../../src/config.ts';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import { codeTypedAt, evidenceText } from '../support/code-typed.ts';
import { freePort } from '../support/free-port.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type Answer, type Service, startService, startServiceOn } from '../support/service.ts';
import { describeWith } from '../support/skip.ts';
import { makeCertificates, openssl } from '../support/test-certificates.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

const DOMAIN = 'codes.lindgrove.test';

const mailWith = (code: string, change: SendMailOptions = {}): SendMailOptions => ({
  from: 'Lindgrove Bank <no-reply@bank.test>',
  subject: 'Your sign-in',
  text: `Hello,\n\nyour verification code is ${code}. It is valid for ten minutes.\n`,
  ...change,
});

/** What the protocol answered a mail with: 250, or the number of its refusal. */
async function sendTo(port: number, to: string, mail: SendMailOptions): Promise<number> {
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port, ignoreTLS: true, name: 'mx.sender.test' });
  try {
    const { response } = await transport.sendMail({ to, ...mail });
    return Number(response?.slice(0, 3));
  } catch (error) {
    return (error as { responseCode?: number }).responseCode ?? 0;
  }
}

describeOnEachDatabase('mail with codes that comes in by SMTP', (databases) => {
  let service: Service;
  let practice: Practice;
  let port: number;
  const codes = new Map<string, string>();
  beforeAll(async () => {
    port = await freePort();
    practice = await startPractice({ deliver: ({ username, code }) => codes.set(username, code) });
    service = await startServiceOn(databases, {
      KEYTURN_RUNS_PER_WORKER: '4',
      KEYTURN_CODE_TIMEOUT_SECONDS: '90',
      KEYTURN_SMTP_PORT: String(port),
      KEYTURN_MAIL_DOMAIN: DOMAIN,
    });
  });
  afterAll(async () => {
    await service.close();
    await practice.close();
  });

  const send = (id: string, mail: SendMailOptions) => sendTo(port, `code+${id}@${DOMAIN}`, mail);
  const newAccount = (name: string) => {
    const account = { username: name, password: randomPassword(), codeTo: `${name}@lindgrove.test` };
    practice.site.accounts.set(account);
    return account;
  };
  const start = async (name: string, headers: Record<string, string> = {}, account = newAccount(name)) => {
    const body = {
      url: practice.site.url('totp-one-box'),
      username: account.username,
      password: account.password,
      totp_type: 'email',
    };
    const answer = await service.call('POST', '/v1/credentials/test-login', body, headers);
    expect([answer.status, answer.body.errors]).toEqual([200, undefined]);
    const started = answer.body as { credential_id: string; workflow_run_id: string };
    await expect.poll(async () => (await poll(started, headers)).awaiting).not.toBeNull();
    return started;
  };
  type Started = Awaited<ReturnType<typeof start>>;
  const poll = async (started: Started, headers = {}): Promise<Answer['body']> => {
    const path = `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}`;
    return (await service.call('GET', path, undefined, headers)).body;
  };
  const loggedIn = async (started: Started): Promise<string> => {
    const result = await service.finished(started);
    const told = evidenceText(result);
    expect([result.outcome, told]).toEqual(['logged_in', told]);
    return told;
  };
  const cancel = (started: Started, headers = {}) =>
    service.call('POST', `/v1/runs/${started.workflow_run_id}/cancel`, undefined, headers);

  test('a mail to the address of the run, or of its credential, lets it in; once only', async () => {
    const account = newAccount('post');
    const started = await start('post', {}, account);
    const first = codes.get('post') ?? '';
    const before = Date.now();
    expect(await send(started.workflow_run_id, mailWith(first))).toBe(250);
    const told = await loggedIn(started);
    const typed = await codeTypedAt(service, started.workflow_run_id);
    console.info(`mail by SMTP, from its first byte to code typed: ${typed - before} ms`);
    expect(told).toContain('The code (mail) came for this run.');
    const { body } = await service.call('GET', `/v1/totp?workflow_run_id=${started.workflow_run_id}`);
    expect(body[0]).toMatchObject({ source: 'mail', sender_verdict: 'none', state: 'used', code: null });

    const again = await start('post', {}, account);
    const address = again.credential_id.toUpperCase();
    expect(await send(address, mailWith(first))).toBe(250);
    expect((await poll(again)).awaiting).not.toBeNull();
    expect(
      await send(
        address,
        mailWith(codes.get('post') ?? '', { text: '', html: `<p>Your code:</p><b>${codes.get('post')}</b>` }),
      ),
    ).toBe(250);
    await loggedIn(again);
    expect(practice.site.attempts('post')).toMatchObject({ password: 2, code: 2 });
    // Nobody waits any more.
    expect(await send(again.workflow_run_id, mailWith('123456'))).toBe(550);
    expect(await send(again.credential_id, mailWith('123456'))).toBe(550);
  });

  test('nobody else gets mail, and nothing large is taken', async () => {
    const started = await start('strict');
    const id = started.workflow_run_id;
    const unknown = id.replace(/.{6}$/, 'zzzzzz');
    for (const to of [
      `code+${unknown}@${DOMAIN}`,
      `code+${id}@elsewhere.test`,
      `code+${id}@sub.${DOMAIN}`,
      `${id}@${DOMAIN}`,
      `postmaster@${DOMAIN}`,
      'somebody@elsewhere.test',
    ]) {
      expect([to, await sendTo(port, to, mailWith('111111'))]).toEqual([to, 550]);
    }
    expect(await send(id, mailWith('222222', { text: 'x'.repeat(1_200_000) }))).toBe(552);
    expect(await send(id, mailWith('', { text: 'We wrote to you because we like to write.' }))).toBe(250);
    expect(await send(id, mailWith('', { subject: '', text: 'Thanks!' }))).toBe(250);
    expect((await poll(started)).awaiting).not.toBeNull();
    expect(await send(id, mailWith(codes.get('strict') ?? ''))).toBe(250);
    await loggedIn(started);
    expect(practice.site.attempts('strict')).toMatchObject({ code: 1 });
  });

  test("a mail for another organization's run is that run's alone", async () => {
    const { storage, dataKeys } = service.runtime.services;
    const { admin } = await createOrganization(storage.database, dataKeys, 'neighbour');
    const foreign = { 'x-api-key': admin.key };
    const shared = newAccount('shared');
    const own = await start('shared', {}, shared);
    const other = await start('theirs', foreign);
    expect(await send(other.workflow_run_id, mailWith('444444'))).toBe(250);
    expect((await poll(own)).awaiting).not.toBeNull();
    const listed = (key = {}) => service.call('GET', '/v1/totp?limit=1', undefined, key);
    await expect
      .poll(async () => (await listed(foreign)).body[0])
      .toMatchObject({ used_by_run_id: other.workflow_run_id, source: 'mail' });
    expect((await listed()).body[0]?.used_by_run_id).not.toBe(other.workflow_run_id);
    await Promise.all([cancel(own), cancel(other, foreign)]);
  });

  databases.testOnce('a mail whose sender is refuted is refused, one whose sender is confirmed says so', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const records: Record<string, string> = {
      'k1._domainkey.bank.test': `v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`,
      '_dmarc.bank.test': 'v=DMARC1; p=reject',
    };
    const resolver: DnsResolver = async (name, type) => {
      const record = type === 'TXT' ? records[name.toLowerCase()] : undefined;
      if (record === undefined) throw Object.assign(new Error('no record'), { code: 'ENOTFOUND' });
      return [[record]];
    };
    const { services } = service.runtime;
    const receiver = await MailReceiver.start(services, {
      host: '127.0.0.1',
      port: 0,
      domain: DOMAIN,
      tls: null,
      resolver,
    });
    onTestFinished(() => receiver.close());
    const started = await start('verified');
    const to = `code+${started.workflow_run_id}@${DOMAIN}`;
    expect(await sendTo(receiver.port, to, mailWith('555555'))).toBe(550);
    expect((await poll(started)).awaiting).not.toBeNull();
    const dkim = { domainName: 'bank.test', keySelector: 'k1', privateKey };
    expect(await sendTo(receiver.port, to, mailWith(codes.get('verified') ?? '', { dkim }))).toBe(250);
    const told = await loggedIn(started);
    expect(told).toContain('A mail with a code was not used: it is not from whom it says');
    expect(told).toContain('The sender of the mail is confirmed');
    const { body } = await service.call('GET', `/v1/totp?workflow_run_id=${started.workflow_run_id}`);
    expect(body.map((row: Answer['body']) => [row.sender_verdict, row.state])).toEqual([
      ['pass', 'used'],
      ['fail', 'expired'],
    ]);
  });

  test('a run takes mail from when its site may send one until it has its code, and only while it runs', async () => {
    const { username, password } = newAccount('states');
    const { body: stored } = await service.call('POST', '/v1/credentials', {
      name: 'states',
      credential_type: 'password',
      credential: { username, password, totp_type: 'email' },
    });
    const url = practice.site.url('totp-one-box');
    const { body: started } = await service.call('POST', `/v1/credentials/${stored.credential_id}/test`, { url });
    await expect.poll(async () => (await poll(started)).awaiting).not.toBeNull();
    await cancel(started);
    await service.finished(started);
    const { database } = service.runtime.services.storage;
    const db = database.asSystem('sweep');
    const id: string = started.workflow_run_id;
    // The service has let go of it: its lease is the last thing.
    await expect.poll(() => db.lease.count({ where: { run_id: id } })).toBe(0);
    const { organization_id, workflow_id } = await db.run.findFirstOrThrow({ where: { id } });
    const now = new Date();
    const wait = { organization_id, run_id: id, workflow_id, otp_type: 'totp', codes_from: now, since: now };
    // Nobody is to think that it died.
    const beating = new Date(now.getTime() + 3_600_000);
    const sent = { password_started_at: now, identifier_started_at: null };
    const cases: [Record<string, unknown>, boolean, boolean][] = [
      [{ status: 'running', ...sent, code_started_at: null }, false, true],
      [{ status: 'running', ...sent, code_started_at: now }, true, true],
      [{ status: 'running', ...sent, code_started_at: now }, false, false],
      [
        { status: 'running', password_started_at: null, identifier_started_at: null, code_started_at: null },
        false,
        false,
      ],
      [{ status: 'paused', ...sent, code_started_at: null }, true, false],
      [{ status: 'canceled', ...sent, code_started_at: null }, true, false],
    ];
    for (const [data, waits, expected] of cases) {
      await db.run.updateMany({ where: { id }, data: { ...data, heartbeat_at: beating } });
      await db.codeWait.deleteMany({ where: { run_id: id } });
      if (waits) await db.codeWait.create({ data: wait });
      for (const one of [id, stored.credential_id]) {
        const found = await recipientOf(database, one);
        expect([data, waits, one, found?.runId]).toEqual([data, waits, one, expected ? id : undefined]);
      }
    }
    await db.codeWait.deleteMany({ where: { run_id: id } });
  });

  databases.testOnce('one address cannot take all connections', async () => {
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    const greetings: string[] = [];
    for (let count = 0; count < 11; count += 1) {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      const [greeting] = await once(socket, 'data');
      greetings.push(String(greeting).slice(0, 3));
    }
    expect(greetings).toEqual([...Array<string>(10).fill('220'), '421']);
  });
});

describe('the check of a sender', () => {
  test('does not wait for a DNS server that never answers', async () => {
    const raw = Buffer.from('From: a@bank.test\r\nSubject: x\r\n\r\ncode 123456\r\n');
    const envelope = { ip: '192.0.2.1', helo: 'mx.bank.test', sender: 'a@bank.test' };
    const before = Date.now();
    expect(await checkSender(raw, envelope, () => new Promise(() => {}))).toBe('none');
    expect(Date.now() - before).toBeLessThan(12_000);
  });
});

describeWith(openssl, 'the SMTP receiver with a certificate', () => {
  test('takes mail over STARTTLS', async () => {
    const certificates = makeCertificates();
    const port = await freePort();
    const service = await startService({
      KEYTURN_SMTP_PORT: String(port),
      KEYTURN_MAIL_DOMAIN: DOMAIN,
      KEYTURN_SMTP_CERT: certificates.certFile,
      KEYTURN_SMTP_KEY: certificates.keyFile,
    });
    onTestFinished(async () => {
      await service.close();
      certificates.remove();
    });
    const tls = { ca: certificates.ca, servername: 'localhost' };
    const transport = nodemailer.createTransport({ host: '127.0.0.1', port, requireTLS: true, tls });
    await transport.verify();
    const refused = await transport
      .sendMail({ to: `code+wr_x@${DOMAIN}`, ...mailWith('123456') })
      .catch((error) => error);
    expect(refused.responseCode).toBe(550);
    transport.close();
  });
});

describe('the settings of the SMTP receiver', () => {
  test('are off, or whole', () => {
    expect(loadConfig({}).mail).toBeNull();
    expect(loadConfig({ KEYTURN_SMTP_PORT: '0', KEYTURN_MAIL_DOMAIN: 'x.test' }).mail).toBeNull();
    const on = { KEYTURN_SMTP_PORT: '25', KEYTURN_MAIL_DOMAIN: 'Codes.Example.com' };
    expect(loadConfig(on).mail).toEqual({ host: '127.0.0.1', port: 25, domain: 'codes.example.com', tls: null });
    const wrong: Record<string, string>[] = [
      { KEYTURN_SMTP_PORT: '25' },
      { KEYTURN_SMTP_PORT: '25', KEYTURN_MAIL_DOMAIN: 'a@b' },
      { KEYTURN_SMTP_PORT: '70000', KEYTURN_MAIL_DOMAIN: 'x.test' },
      { ...on, KEYTURN_SMTP_CERT: '/x' },
    ];
    for (const env of wrong) expect(() => loadConfig(env)).toThrow(/KEYTURN_/);
  });
});
