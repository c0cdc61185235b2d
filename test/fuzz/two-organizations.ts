import { createOrganization } from '../../src/organizations/organization-store.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import type { Answer, Service } from '../support/service.ts';
import { startServiceOn } from '../support/service.ts';
import type { TestDatabases } from '../support/test-database.ts';

/** The ids of an organization's things, by what they are. */
export interface Ids {
  credential: string[];
  run: string[];
  workflow: string[];
  profile: string[];
  apiKey: string[];
  signingSecret: string[];
  smsWebhook: string[];
  artifact: string[];
}

/** An organization with one of everything there is. */
export interface Organization {
  id: string;
  key: string;
  ids: Ids;
  /** Those it had from the beginning. */
  furnished: Ids;
  idempotencyKey: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** A service with two such organizations, and one for what would get in their way. */
export interface TwoOrganizations {
  service: Service;
  practice: Practice;
  mine: Organization;
  theirs: Organization;
  /** Has the vaults that lead nowhere. */
  third: Organization;
  close(): Promise<void>;
}

async function made(answer: Promise<Answer>): Promise<Answer['body']> {
  const { status, text, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${text}`);
  return body;
}

/** Where codes of an organization go, and of no other. */
export const addressOf = ({ id }: { id: string }): string => `${id}@lindgrove.test`;

async function furnish(practice: Practice, organization: Organization): Promise<void> {
  const { call, ids, idempotencyKey } = organization;
  const { ada, site } = practice;
  const credentials = [
    { credential_type: 'password', credential: { username: ada.username, password: ada.password } },
    { credential_type: 'password', credential: { username: 'nobody', password: 'p', totp: 'JBSWY3DPEHPK3PXP' } },
    { credential_type: 'secret', credential: { secret_value: 's', secret_label: 'l' } },
    {
      credential_type: 'credit_card',
      credential: {
        card_number: '4111111111111111',
        card_cvv: '012',
        card_exp_month: '03',
        card_exp_year: '2031',
        card_brand: 'visa',
        card_holder_name: 'Nadia Berg',
      },
    },
  ];
  for (const body of credentials) {
    const { credential_id } = await made(call('POST', '/v1/credentials', { name: 'one', ...body }));
    ids.credential.push(credential_id);
  }
  // A run each that has a profile, and one that has none but a page it ended on.
  const [first, second] = ids.credential;
  const test = (id: string | undefined, body: object, headers = {}) =>
    made(call('POST', `/v1/credentials/${id}/test`, body, headers));
  const started = [
    await test(first, { url: site.url('classic') }, { 'idempotency-key': idempotencyKey }),
    await test(second, { url: 'http://127.0.0.1:1/login' }),
  ];
  for (const one of started) {
    let run: Answer['body'] = null;
    const wait = `/v1/credentials/${one.credential_id}/test/${one.workflow_run_id}?wait=30`;
    while (run === null || run.finished_at === null) run = await made(call('GET', wait));
    ids.run.push(one.workflow_run_id);
    const detail = await made(call('GET', `/v1/runs/${one.workflow_run_id}`));
    ids.workflow.push(detail.workflow_permanent_id);
    for (const { name } of detail.artifacts) ids.artifact.push(name);
    if (run.browser_profile_id) ids.profile.push(run.browser_profile_id);
  }
  const session = { name: 'brought', storage_state: { cookies: [], origins: [] } };
  ids.profile.push((await made(call('POST', '/v1/browser_profiles', session))).browser_profile_id);
  ids.apiKey.push((await made(call('POST', '/v1/api_keys', { name: 'k', scopes: ['runs:read'] }))).api_key_id);
  ids.signingSecret.push((await made(call('POST', '/v1/signing_secrets', {}))).signing_secret_id);
  const webhook = { auth_token: 'the-token-of-a-provider', base_url: 'https://keyturn.example.com' };
  ids.smsWebhook.push((await made(call('POST', '/v1/sms_webhooks', webhook))).sms_webhook_id);
  await made(call('POST', '/v1/totp', { totp_identifier: addressOf(organization), content: '402816' }));
  Object.assign(organization.furnished, structuredClone(ids));
}

const noIds = (): Ids => ({
  credential: [],
  run: [],
  workflow: [],
  profile: [],
  apiKey: [],
  signingSecret: [],
  smsWebhook: [],
  artifact: [],
});

function organizationOf(service: Service, id: string, key: string): Organization {
  return {
    id,
    key,
    idempotencyKey: `the key of ${id}`,
    ids: noIds(),
    furnished: noIds(),
    call: (method, path, body, headers = {}) => service.call(method, path, body, { 'x-api-key': key, ...headers }),
  };
}

/** What would tell answers apart, or stop the flood, is off. */
const ENVIRONMENT = {
  KEYTURN_RATE_LIMIT_FAILED_AUTH: '0',
  KEYTURN_RATE_LIMIT_KEY: '0',
  KEYTURN_RATE_LIMIT_ORGANIZATION: '0',
  LOG_LEVEL: 'error',
};

export async function startTwoOrganizations(databases: TestDatabases): Promise<TwoOrganizations> {
  const [service, practice] = await Promise.all([startServiceOn(databases, ENVIRONMENT), startPractice()]);
  const close = async () => {
    await service.close();
    await practice.close();
  };
  try {
    const { storage, dataKeys } = service.runtime.services;
    const make = async (name: string) => {
      const { organization, admin } = await createOrganization(storage.database, dataKeys, name);
      return organizationOf(service, organization.id, admin.key);
    };
    const [mine, theirs, third] = [await make('Mine'), await make('Theirs'), await make('Third')];
    await Promise.all([furnish(practice, mine), furnish(practice, theirs)]);
    return { service, practice, mine, theirs, third, close };
  } catch (error) {
    await close();
    throw error;
  }
}
