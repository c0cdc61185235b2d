import { afterAll, beforeAll, expect, test } from 'vitest';
import { smsSignature } from '../../src/codes/sms-signature.ts';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import { evidenceText } from '../support/code-typed.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type Answer, type Service, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

const TOKEN = 'kt-twilio-token-3f9a7c21';
const NUMBER = '+493012345678';

test('the signature is the one that the provider documents', () => {
  // The worked example of the provider's documentation of request validation.
  const form: [string, string][] = [
    ['Digits', '1234'],
    ['To', '+18005551212'],
    ['From', '+14158675310'],
    ['Caller', '+14158675310'],
    ['CallSid', 'CA1234567890ABCDE'],
  ];
  const url = 'https://example.com/myapp.php?foo=1&bar=2';
  expect(smsSignature('12345', url, form)).toBe('L/OH5YylLD5NRKLltdqwSvS0BnU=');
});

describeOnEachDatabase('text messages from a provider of numbers', (databases) => {
  let service: Service;
  let practice: Practice;
  let webhook: { sms_webhook_id: string; url: string };
  const codes = new Map<string, string>();
  beforeAll(async () => {
    practice = await startPractice({ deliver: ({ username, code }) => codes.set(username, code) });
    service = await startServiceOn(databases, { KEYTURN_CODE_TIMEOUT_SECONDS: '90' });
    const made = await service.call('POST', '/v1/sms_webhooks', {
      auth_token: TOKEN,
      base_url: 'https://keyturn.example.com/behind/',
    });
    expect([made.status, made.text.includes(TOKEN)]).toEqual([201, false]);
    webhook = made.body;
  });
  afterAll(async () => {
    await service.close();
    await practice.close();
  });

  let count = 0;
  const messageTo = (to: string, text: string): Record<string, string> => {
    count += 1;
    return { ToCountry: 'DE', MessageSid: `SM${count}`, From: '+18005551212', To: to, Body: text, NumMedia: '0' };
  };
  const post = (
    form: Record<string, string>,
    { token = TOKEN, url = webhook.url, id = webhook.sms_webhook_id, type = 'application/x-www-form-urlencoded' } = {},
  ) =>
    service.call('POST', `/inbound/sms/${id}`, new URLSearchParams(form).toString(), {
      'x-api-key': '',
      'content-type': type,
      'x-twilio-signature': smsSignature(token, url, Object.entries(form)),
    });
  const start = async (name: string) => {
    const account = { username: name, password: randomPassword(), codeTo: NUMBER };
    practice.site.accounts.set(account);
    const { body } = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('totp-one-box'),
      username: name,
      password: account.password,
      totp_type: 'text',
      totp_identifier: NUMBER,
      save_browser_profile: false,
    });
    await expect.poll(async () => (await poll(body)).awaiting).toMatchObject({ channel: 'text' });
    return body as { credential_id: string; workflow_run_id: string };
  };
  const poll = async (started: { credential_id: string; workflow_run_id: string }): Promise<Answer['body']> =>
    (await service.call('GET', `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}`)).body;
  const list = async () => (await service.call('GET', '/v1/totp?limit=200')).body as Answer['body'][];

  test('a signed message lets the run in', async () => {
    expect(webhook.url).toBe(`https://keyturn.example.com/behind/inbound/sms/${webhook.sms_webhook_id}`);
    const started = await start('sms');
    const answer = await post(messageTo(NUMBER, `Lindgrove: ${codes.get('sms')} is your code & nothing else.`));
    expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([
      200,
      'text/xml; charset=utf-8',
      '<?xml version="1.0" encoding="UTF-8"?><Response/>',
    ]);
    const result = await service.finished(started);
    expect([result.outcome, evidenceText(result)]).toEqual([
      'logged_in',
      expect.stringContaining("The code (sms) came for the account's address."),
    ]);
  });

  test('a forged, altered or unsigned message is refused, and an unknown address looks the same', async () => {
    const before = await list();
    const form = messageTo(NUMBER, 'Your code is 123456.');
    const unknown = webhook.sms_webhook_id.replace(/.{6}$/, 'zzzzzz');
    const unsigned = await service.call('POST', `/inbound/sms/${webhook.sms_webhook_id}`, 'To=1&Body=123456', {
      'x-api-key': '',
      'content-type': 'application/x-www-form-urlencoded',
    });
    const altered = await service.call(
      'POST',
      `/inbound/sms/${webhook.sms_webhook_id}`,
      new URLSearchParams({ ...form, Body: 'Your code is 654321.' }).toString(),
      {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': smsSignature(TOKEN, webhook.url, Object.entries(form)),
      },
    );
    const twice = await service.call('POST', `/inbound/sms/${webhook.sms_webhook_id}`, 'Body=1&Body=2', {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': smsSignature(TOKEN, webhook.url, [
        ['Body', '1'],
        ['Body', '2'],
      ]),
    });
    const answers = [
      unsigned,
      altered,
      twice,
      await post(form, { token: `${TOKEN}x` }),
      await post(form, { url: webhook.url.replace('https:', 'http:') }),
      await post(form, { id: unknown }),
      await post(form, { id: unknown, token: 'nobody', url: '' }),
    ];
    for (const { status, body } of answers) {
      expect([status, body]).toEqual([403, { ...answers[0]?.body, uuid: expect.any(String) }]);
    }
    expect(answers[0]?.body.code).toBe('signature_refused');
    expect((await post(form, { id: '%00' })).body.code).toBe('invalid_request');
    expect(await list()).toEqual(before);
    const json = await service.call('POST', `/inbound/sms/${webhook.sms_webhook_id}`, [['To', NUMBER]]);
    expect([json.status, json.body.code]).toEqual([415, 'unsupported_media_type']);
    // A key opens nothing here, and forms are taken nowhere else.
    expect(
      (await service.call('POST', '/v1/totp', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status,
    ).toBe(415);
  });

  test('a message that is posted again is not used again, also once its code is over', async () => {
    const form = messageTo('+4915100000001', 'Your code is 777111.');
    expect((await post(form)).status).toBe(200);
    const [row] = await list();
    expect(row).toMatchObject({ source: 'sms', code: '777111', state: 'waiting' });
    const db = service.runtime.services.storage.database.asSystem('sweep');
    await db.code.updateMany({ where: { id: row.totp_code_id }, data: { state: 'expired', claimed_key: null } });
    expect((await post(form)).status).toBe(200);
    expect((await list()).filter(({ totp_identifier }) => totp_identifier === '+4915100000001')).toHaveLength(1);
  });

  test('what is no code is forgotten', async () => {
    const before = await list();
    for (const text of ['STOP', 'Thanks!', '', 'Your parcel comes on Thursday.']) {
      expect((await post(messageTo(NUMBER, text))).status).toBe(200);
    }
    expect(await list()).toEqual(before);
  });

  test('webhooks belong to their organization, and end at once', async () => {
    const { storage, dataKeys } = service.runtime.services;
    const { admin } = await createOrganization(storage.database, dataKeys, 'neighbour');
    const foreign = { 'x-api-key': admin.key };
    const { sms_webhook_id: id } = webhook;
    expect((await service.call('GET', '/v1/sms_webhooks', undefined, foreign)).body).toEqual([]);
    expect((await service.call('DELETE', `/v1/sms_webhooks/${id}`, undefined, foreign)).status).toBe(404);
    const listed = await service.call('GET', '/v1/sms_webhooks');
    expect([listed.body, listed.text.includes(TOKEN)]).toEqual([[webhook], false]);
    for (const base_url of ['ftp://x.test', 'https://a:b@x.test', 'https://x.test/?a=b', 'x']) {
      const refused = await service.call('POST', '/v1/sms_webhooks', { auth_token: TOKEN, base_url });
      expect([refused.status, refused.body.errors?.[0]?.path]).toEqual([400, '/base_url']);
    }
    expect((await service.call('DELETE', `/v1/sms_webhooks/${id}`)).status).toBe(204);
    expect((await post(messageTo(NUMBER, 'Your code is 123456.'))).status).toBe(403);
    expect(service.log()).not.toContain(TOKEN);
  });
});
