import { setTimeout as delay } from 'node:timers/promises';
import { TOTP } from 'otpauth';
import { makePasskey } from '../support/make-passkey.ts';
import type { Practice } from '../support/practice.ts';
import { randomPassword } from '../support/practice.ts';
import type { PlantedSecret } from '../support/secret-search.ts';
import type { Service } from '../support/service.ts';
import { startTokenEndpoint } from '../support/token-endpoint.ts';
import type { EchoSite } from './echo-site.ts';

/** Everything secret that went through the service on one tour. */
export class Secrets {
  readonly all: PlantedSecret[] = [];
  readonly #seeds = new Map<string, string>();
  readonly #since = Date.now();

  password(name: string, value = randomPassword()): string {
    this.all.push({ name, value, kind: 'password' });
    return value;
  }

  seed(name: string, value: string): string {
    this.all.push({ name, value, kind: 'seed' });
    this.#seeds.set(name, value);
    return value;
  }

  /** With every code that a seed gave since the start. */
  withCodes(): PlantedSecret[] {
    const codes: PlantedSecret[] = [];
    for (const [name, secret] of this.#seeds) {
      const totp = new TOTP({ secret });
      for (let at = this.#since - 30_000; at < Date.now() + 30_000; at += 30_000) {
        codes.push({ name: `code of ${name}`, value: totp.generate({ timestamp: at }), kind: 'code' });
      }
    }
    return [...this.all, ...codes];
  }
}

/** Uses everything that takes a secret, rightly and wrongly: at one page of each kind, or at all of them. */
export async function tour(
  service: Service,
  practice: Practice,
  echo: EchoSite,
  which: 'one of each' | 'all',
): Promise<Secrets> {
  const { ada, grace, site } = practice;
  const secrets = new Secrets();
  const isWhole = which === 'all';
  secrets.password('ada', ada.password);
  secrets.password('grace', grace.password);
  secrets.seed('grace', grace.totp);
  const login = (body: Record<string, unknown>) => service.call('POST', '/v1/credentials/test-login', body);
  const outcome = async (body: Record<string, unknown>) => service.finished((await login(body)).body);
  const asAda = (variant: string) => ({ url: site.url(variant), username: ada.username, password: ada.password });

  const pages = ['classic', 'basic', ...(isWhole ? ['identifier-first', 'spa', 'digest-sha-256', 'iframe'] : [])];
  const asGrace = { username: grace.username, password: grace.password, totp: grace.totp };
  await Promise.all([
    ...pages.map((variant) => outcome(asAda(variant))),
    outcome({ url: site.url('six-boxes'), ...asGrace }),
  ]);
  if (isWhole) await outcome({ url: site.url('totp-one-box'), ...asGrace });
  await outcome({ ...asAda('classic'), password: secrets.password('wrong') });
  // Where a language model is asked: one page says back what was typed.
  await outcome(asAda('unclear-opener'));
  if (isWhole) await outcome(asAda('unclear-answer'));
  await outcome({ ...asAda('unclear-answer'), password: secrets.password('said back') });
  for (const path of isWhole ? ['/get', '/post', '/lost'] : ['/post']) {
    await outcome({ url: echo.url(path), username: 'echo', password: secrets.password(`echoed by ${path}`) });
    await outcome({
      url: echo.url(path),
      username: 'echo',
      password: secrets.password(`marked ${path}`, `${randomPassword()}<\u00e9">'`),
    });
  }

  const { body: stored } = await service.call('POST', '/v1/credentials', {
    name: 'stored',
    credential_type: 'password',
    credential: {
      username: ada.username,
      password: ada.password,
      extra_fields: { Tenant: secrets.password('extra field') },
    },
  });
  const path = `/v1/credentials/${stored.credential_id}`;
  for (const _run of [1, 2]) {
    await service.finished((await service.call('POST', `${path}/test`, { url: site.url('spa') })).body);
  }
  const cancelled = await login({ ...asAda('slow'), password: secrets.password('cancelled') });
  const { credential_id: id, workflow_run_id: run } = cancelled.body;
  await service.call('POST', `/v1/credentials/${id}/test/${run}/cancel`);
  const events = await fetch(`${service.url}/v1/runs/${run}/events`, { headers: { 'x-api-key': service.key } });
  service.answers().push(await events.text());

  const passkey = await makePasskey(site, ada);
  const bytes = Buffer.from(passkey.private_key, 'base64url');
  secrets.password('passkey', passkey.private_key);
  secrets.password('passkey in base64', bytes.toString('base64'));
  secrets.password('passkey in hex', bytes.toString('hex'));
  for (const variant of ['passkey-button', ...(isWhole ? ['passkey-conditional', 'classic'] : [])]) {
    await outcome({ url: site.localhostUrl(variant), username: ada.username, passkey });
  }

  await service.call('POST', '/v1/credentials', {
    name: 'card',
    credential_type: 'credit_card',
    credential: {
      card_number: secrets.password('card number', '4539148803436467'),
      card_cvv: '987',
      card_exp_month: '12',
      card_exp_year: '2031',
      card_brand: 'visa',
      card_holder_name: 'Ada Lovelace',
    },
  });
  await service.call('POST', '/v1/credentials', {
    name: 'token',
    credential_type: 'secret',
    credential: { secret_value: secrets.password('secret'), secret_label: 'token' },
  });
  await service.call('POST', `${path}/update`, {
    credential: {
      username: ada.username,
      password: secrets.password('updated'),
      totp: secrets.seed('updated', 'KRSXG5CTMVRXEZLU'),
    },
  });

  await codesThatArrive(service, practice, secrets);
  await misplaced(service, secrets, path);
  await Promise.all(
    [
      '/v1/credentials?include_temporary=true',
      '/v1/runs',
      '/v1/browser_profiles',
      '/openapi.json',
      '/docs',
      '/metrics',
      path,
    ].map((route) => service.call('GET', route)),
  );
  return secrets;
}

/** What opens a mailbox, and what text messages are signed with. */
async function codesThatArrive(service: Service, practice: Practice, secrets: Secrets): Promise<void> {
  const account = { username: 'mailed', password: secrets.password('mailed'), codeTo: 'mailed@lindgrove.test' };
  practice.site.accounts.set(account);
  // Nobody listens there: the trouble is told, and a pushed code that is wrong ends the run.
  const mailbox = (what: Record<string, string>) => ({ host: '127.0.0.1', port: 1, user: 'mailed', ...what });
  const { username, password, codeTo: totp_identifier } = account;
  const { body: started } = await service.call('POST', '/v1/credentials/test-login', {
    url: practice.site.url('totp-one-box'),
    username,
    password,
    totp_identifier,
    mailbox: mailbox({ password: secrets.password('mailbox') }),
  });
  const run = `/v1/runs/${started.workflow_run_id}`;
  while (!/could not|was lost/.test(JSON.stringify(await troubles(service, started.workflow_run_id)))) await delay(50);
  await service.call('POST', '/v1/totp', { totp_identifier, content: '000000' });
  await service.finished(started);
  await service.call('GET', run);
  const { body: token } = await service.call('POST', '/v1/credentials', {
    name: 'mailed',
    credential_type: 'password',
    credential: { username, password, mailbox: mailbox({ access_token: secrets.password('mailbox token') }) },
  });
  await service.call('GET', `/v1/credentials/${token.credential_id}`);
  await renewed(service, practice, secrets);
  const { body: webhook } = await service.call('POST', '/v1/sms_webhooks', {
    auth_token: secrets.password('sms token', `kt${randomPassword().replace(/[^\w]/g, '')}smsToken`),
    base_url: 'https://keyturn.example.com',
  });
  await service.call('POST', `/inbound/sms/${webhook.sms_webhook_id}`, 'To=1&Body=2', {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': 'AAAA',
  });
  await service.call('GET', '/v1/sms_webhooks');
}

/** A mailbox that is opened by tokens, which are got on the way: nobody listens where they are used. */
async function renewed(service: Service, practice: Practice, secrets: Secrets): Promise<void> {
  const endpoint = await startTokenEndpoint();
  try {
    const account = { username: 'renewed', password: secrets.password('renewed'), codeTo: 'renewed@lindgrove.test' };
    practice.site.accounts.set(account);
    const { username, password, codeTo: totp_identifier } = account;
    const oauth = { token_url: endpoint.url, ...endpoint.client, refresh_token: endpoint.first };
    const { body: started } = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('totp-one-box'),
      username,
      password,
      totp_identifier,
      mailbox: { host: '127.0.0.1', port: 1, user: 'renewed', oauth },
    });
    await service.call('GET', `/v1/credentials/${started.credential_id}`);
    while (!/was lost/.test(JSON.stringify(await troubles(service, started.workflow_run_id)))) await delay(50);
    await service.call('POST', '/v1/totp', { totp_identifier, content: '000000' });
    await service.finished(started);
    for (const secret of endpoint.secrets()) secrets.password('token of a mailbox', secret);
  } finally {
    await endpoint.close();
  }
}

/** What a run told of its wait so far. */
async function troubles(service: Service, runId: string): Promise<unknown> {
  const db = service.runtime.services.storage.database.asSystem('sweep');
  return db.runEvent.findMany({ where: { run_id: runId, event: 'awaiting' } });
}

/** Secrets where none is expected: unknown fields, broken JSON, paths, queries, headers. */
async function misplaced(service: Service, secrets: Secrets, path: string): Promise<void> {
  const word = (name: string): string => secrets.password(`misplaced: ${name}`);
  const plain = (name: string): string =>
    secrets.password(`misplaced: ${name}`, `Kt${Math.random().toString(36).slice(2)}x9QzW`);
  const create = (body: unknown) => service.call('POST', '/v1/credentials', body);
  await create({
    name: 'n',
    credential_type: 'password',
    credential: { password: word('valid') },
    passwort: word('unknown field'),
  });
  await create({ name: 'n', credential_type: word('credential type'), credential: { password: word('beside it') } });
  await create(`{"name": "n", "credential": {"password": ${JSON.stringify(word('broken JSON'))}`);
  await create({ name: 'n', credential_type: 'password', credential: { password: 'x', totp: `!!${word('seed')}` } });
  await service.call('GET', `/v1/credentials/${plain('path')}`);
  await service.call('GET', `/v1/credentials?password=${encodeURIComponent(word('query'))}`);
  await service.call('POST', `${path}/test`, {
    url: `https://ada:${encodeURIComponent(word('userinfo'))}@example.com/`,
  });
  await service.call('GET', '/v1/credentials', undefined, { 'x-api-key': plain('key') });
  await service.call('GET', '/v1/credentials', undefined, {
    'x-api-key': '',
    authorization: `Basic ${Buffer.from(`a:${word('basic')}`).toString('base64')}`,
  });
}
