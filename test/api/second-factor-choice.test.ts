import { afterAll, beforeAll, expect, test } from 'vitest';
import { evidenceText } from '../support/code-typed.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';

const RECOVERY = ['vqkd-71fe-0xbr', 'htzm-40ua-9wnc'];
const LANGUAGES = { links: 'fr', buttons: 'en', radios: 'ja', other: 'de', tabs: 'fr' } as const;
const CHOICES = Object.entries(LANGUAGES);

let service: Service;
let practice: Practice;
/** What the site sent, by account. */
const sent = new Map<string, string[]>();
beforeAll(async () => {
  service = await startService({ KEYTURN_CODE_TIMEOUT_SECONDS: '60' });
  practice = await startPractice({
    deliver: ({ username, to, code }) => {
      sent.set(username, [...(sent.get(username) ?? []), code]);
      void service.call('POST', '/v1/totp', { totp_identifier: to, content: code });
    },
  });
});
afterAll(async () => {
  await service.close();
  await practice.close();
});

const account = (username: string, codeTo: string) => {
  const made = { username, password: randomPassword(), codeTo, recoveryCodes: RECOVERY };
  practice.site.accounts.set(made);
  return made;
};
const login = async (
  { username, password }: ReturnType<typeof account>,
  choice: string,
  lang: string,
  factor: Record<string, unknown>,
) => {
  const url = `${practice.site.url(`choose-${choice}`)}?lang=${lang}`;
  const { body } = await service.call('POST', '/v1/credentials/test-login', {
    url,
    username,
    password,
    save_browser_profile: false,
    ...factor,
  });
  return service.finished(body);
};
const store = async ({ username, password }: ReturnType<typeof account>, factor: Record<string, unknown>) =>
  (
    await service.call('POST', '/v1/credentials', {
      name: username,
      credential_type: 'password',
      credential: { username, password, ...factor },
    })
  ).body;

test.each(CHOICES)(
  '%s (%s): the code by e-mail is chosen where that is what the credential has, and sent once',
  async (choice, lang) => {
    const mailed = account(`mailed-${choice}`, `mailed-${choice}@lindgrove.test`);
    const result = await login(mailed, choice, lang, { totp_type: 'email', totp_identifier: mailed.codeTo });
    expect(result, evidenceText(result)).toMatchObject({ outcome: 'logged_in', submissions: { password: 1, code: 1 } });
    expect(sent.get(mailed.username)).toHaveLength(1);
    expect(practice.site.attempts(mailed.username)).toMatchObject({ password: 1, code: 1 });
  },
);

test.each(CHOICES)(
  '%s (%s): the code by text message, which may be what the page begins with',
  async (choice, lang) => {
    const number = `+4930${String(Object.keys(LANGUAGES).indexOf(choice)).padStart(7, '5')}`;
    const texted = account(`texted-${choice}`, number);
    const result = await login(texted, choice, lang, { totp_type: 'text', totp_identifier: number });
    expect(result, evidenceText(result)).toMatchObject({ outcome: 'logged_in', submissions: { code: 1 } });
    expect(sent.get(texted.username)).toHaveLength(1);
  },
);

test.each([
  ['links', 'en'],
  ['radios', 'de'],
])('%s (%s): a recovery code is chosen only where it may be used and nothing else can', async (choice, lang) => {
  const held = account(`held-${choice}`, `held-${choice}@lindgrove.test`);
  const { credential_id: id } = await store(held, { recovery_codes: RECOVERY, use_recovery_codes: true });
  const url = `${practice.site.url(`choose-${choice}`)}?lang=${lang}`;
  const result = await service.finished((await service.call('POST', `/v1/credentials/${id}/test`, { url })).body);
  expect(result, evidenceText(result)).toMatchObject({ outcome: 'logged_in', submissions: { code: 1 } });
  expect(evidenceText(result)).toContain('1 of the 2 recovery codes is left');
  expect(sent.get(held.username)).toBeUndefined();
});

test.each([
  ['links', 'en', 'Verify your identity'],
  ['buttons', 'ja', '本人確認'],
  ['radios', 'fr', 'Choisissez une méthode de vérification'],
])('%s (%s): where none fits nothing is chosen, and the page is told', async (choice, lang, words) => {
  const bare = account(`bare-${choice}`, `bare-${choice}@lindgrove.test`);
  const result = await login(bare, choice, lang, {});
  expect(result, evidenceText(result)).toMatchObject({
    outcome: 'code_source_missing',
    status: 'terminated',
    site_message: words,
    failure_reason: expect.stringContaining('lets its user choose a second factor'),
    submissions: { password: 1, code: 0 },
  });
  expect(result.outcome_details.offered).toHaveLength(4);
  expect(sent.get(bare.username)).toBeUndefined();
});
