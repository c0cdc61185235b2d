import fc from 'fast-check';
import type { Operation, Parameter } from './api-document.ts';
import type { HttpRequest } from './http-sender.ts';
import { nearly, ODD, values, type Wishes } from './schema-values.ts';
import type { Ids, Organization, TwoOrganizations } from './two-organizations.ts';

/** How a request is meant, which says what may come of it. */
export type Kind = 'valid' | 'near' | 'garbage' | 'foreign' | 'no key' | 'wrong key' | 'no scope';

export interface Generated {
  operation: Operation;
  kind: Kind;
  request: HttpRequest;
}

/** The kind of thing whose id stands behind a folder of a path. */
const KIND_OF_FOLDER: Record<string, keyof Ids> = {
  credentials: 'credential',
  test: 'run',
  runs: 'run',
  artifacts: 'artifact',
  workflows: 'workflow',
  browser_profiles: 'profile',
  api_keys: 'apiKey',
  signing_secrets: 'signingSecret',
  sms: 'smsWebhook',
  sms_webhooks: 'smsWebhook',
};

/** Which ids each place of a path takes, in order. */
export function placesOf(path: string): (keyof Ids)[] {
  return [...path.matchAll(/\/(\w+)\/\{\w+\}/g)].map(([, folder = '']) => {
    const kind = KIND_OF_FOLDER[folder];
    if (!kind) throw new Error(`Nothing is known of the ids in ${path}`);
    return kind;
  });
}

/** The path with its places filled. */
export function filledPath(path: string, ids: readonly string[]): string {
  let at = 0;
  return path.replace(/\{\w+\}/g, () => ids[at++] ?? '');
}

const one = (list: readonly string[]): fc.Arbitrary<string> =>
  list.length === 0 ? fc.constant('none_0') : fc.constantFrom(...list);

const RANDOM_ID = fc
  .tuple(fc.constantFrom('cred', 'wr', 'wpid', 'bp', 'ak', 'ss', 'o', 'x'), fc.stringMatching(/^[0-9a-z]{24,30}$/))
  .map(([prefix, rest]) => `${prefix}_${rest}`);

const ODD_ID = fc.oneof(
  fc.constantFrom(
    '%00',
    'a%00b',
    '%ff',
    '%',
    '%2e%2e',
    '..',
    '.',
    '%2F',
    '*',
    'null',
    'undefined',
    'x'.repeat(150),
    'x'.repeat(300),
    '%F0%9F%98%80',
    "'",
    '%22',
    '0',
    '-1',
    'test',
    'totp',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map(encodeURIComponent),
);

/** Addresses that no test reaches: refused at the door, or nobody there. Real runs are few, since each takes a browser. */
const URLS = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      'http://10.0.0.1/login',
      'http://169.254.169.254/',
      'https://[fd00::1]/',
      'http://192.168.1.1:8080/a?b=c#d',
      'http://0.0.0.0/',
      'https://[::1]/login',
    ),
  },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'ftp://127.0.0.1/',
      'javascript:alert(1)',
      'file:///etc/passwd',
      'http://',
      'http://u:p@127.0.0.1:1/',
      'not an address',
      'http://127.0.0.1:99999/',
      '//127.0.0.1/',
    ),
  },
  { weight: 14, arbitrary: fc.constant('http://127.0.0.1:1/login') },
);

/** What members are mostly called for, so that a request gets past the door. */
function wishesFor({ ids }: Organization): Wishes {
  return {
    url: URLS,
    totp_url: URLS,
    tested_url: fc.oneof(fc.constant(null), fc.constant('https://login.example.com/'), URLS),
    base_url: fc.oneof(fc.constant('https://keyturn.example.com'), URLS),
    api_base_url: fc.oneof(fc.constant('http://127.0.0.1:1/'), URLS),
    vault_url: URLS,
    authority_host: URLS,
    token_url: URLS,
    host: fc.constantFrom('127.0.0.1', '10.0.0.1', '::1'),
    totp: fc.constantFrom('JBSWY3DPEHPK3PXP', 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP', null, 'not base32!'),
    totp_identifier: fc.constantFrom('ada@lindgrove.test', '+491701234567', 'new@lindgrove.test'),
    content: fc.oneof(fc.constantFrom('402816', 'Your code is 731204.', '<p>Sign in: <b>558 201</b></p>'), fc.string()),
    vault_type: fc.constant('local'),
    item_id: one(ids.credential),
    browser_profile_id: fc.oneof(fc.constant(null), one(ids.profile)),
    credential_id: fc.oneof(fc.constant(null), one(ids.credential)),
    workflow_run_id: fc.oneof(fc.constant(null), one(ids.run)),
    task_id: fc.oneof(fc.constant(null), one(ids.run)),
    workflow_id: fc.oneof(fc.constant(null), one(ids.workflow)),
    allowed_origins: fc.constantFrom([], ['https://accounts.example.com'], ['http://127.0.0.1:1']),
    wait: fc.constantFrom(0, 0.01),
    page: fc.integer({ min: 1, max: 3 }),
    mailbox: fc.constant(null),
    passkey: fc.constant(null),
  };
}

const queryText = (query: Record<string, unknown>): string => {
  const pairs = Object.entries(query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(asText(value))}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
};

/** As a query has it. What is half of a surrogate pair cannot be percent-encoded. */
function asText(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed();
}

const ODD_QUERY = fc.oneof(
  fc.constantFrom(
    '?',
    '?x',
    '?page=1&page=2',
    '?%',
    '?page=%ff',
    '?a%00=1',
    '?page[]=1',
    '?page=1e3',
    '?page=0x1',
    '?page=-1',
    '?page=9999999999999999999',
    '?__proto__=1',
    `?x=${'a'.repeat(9_000)}`,
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 30 }).map((text) => `?${encodeURIComponent(text)}`),
);

function queryOf(parameters: Parameter[], wishes: Wishes): fc.Arbitrary<string> {
  const named = parameters.filter((parameter) => parameter.in === 'query');
  const schema = { type: 'object', properties: Object.fromEntries(named.map(({ name, schema }) => [name, schema])) };
  return values(schema, wishes).map((query) => queryText(query as Record<string, unknown>));
}

/** Which members tell what kind of credential they are of. */
const TYPE_OF_MEMBER: Record<string, string> = {
  password: 'password',
  card_number: 'credit_card',
  secret_value: 'secret',
};

/**
 * Bodies of credentials agree with themselves more often than not, which their schema cannot say: the type is that of
 * the members, and no item of a vault outside is named instead of them.
 */
function agreeing(bodies: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(bodies, fc.nat(3)).map(([body, chance]) => {
    if (chance === 0 || typeof body !== 'object' || body === null || !('credential_type' in body)) return body;
    const { item_id: _, ...agreed } = body as { item_id?: unknown; credential_type: unknown; credential?: unknown };
    const member = Object.keys(agreed.credential ?? {}).find((name) => name in TYPE_OF_MEMBER);
    return member === undefined ? body : { ...agreed, credential_type: TYPE_OF_MEMBER[member] };
  });
}

const encoded = (value: unknown): Buffer => Buffer.from(JSON.stringify(value) ?? '');

/** Bodies that are hardly JSON, or hardly ours. */
const GARBAGE = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  ODD.map(encoded),
  fc
    .constantFrom(
      '{',
      '{"a":',
      '[1,2',
      '"',
      '{"a":1,"a":2}',
      '{"__proto__":{}}',
      `${'['.repeat(5_000)}`,
      'null',
      '\ufeff{}',
      '{"name":"\\ud800"}',
      '{"name":"\\u0000"}',
      ' ',
    )
    .map((text) => Buffer.from(text)),
  fc.constant(Buffer.from('{"name":"ä"}', 'latin1')),
);

const ODD_HEADERS = fc.oneof(
  fc.constantFrom<Record<string, string>>(
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'application/json; charset=utf-16' },
    { 'content-type': ';' },
    { 'content-type': 'application/json;' },
    { accept: 'text/html' },
    { expect: 'miracles' },
    { 'last-event-id': 'x' },
    { 'last-event-id': '999999999' },
    { 'idempotency-key': 'ä' },
    { 'idempotency-key': 'x'.repeat(300) },
    { 'x-forwarded-for': 'nonsense' },
    { 'transfer-encoding': 'identity' },
    { cookie: 'a=b' },
    { 'accept-encoding': 'gzip, br' },
    { 'if-none-match': '*' },
    { range: 'bytes=0-1' },
  ),
  fc.constant({}),
);

const NO_HEADERS = fc.constant<Record<string, string>>({});

export interface Keys {
  /** One that holds every scope but this. */
  without(scope: string): string;
}

/** Requests for an operation. `third` makes those that would put a vault that leads nowhere in the others' way. */
export function requestsFor(operation: Operation, world: TwoOrganizations, keys: Keys): fc.Arbitrary<Generated> {
  const isVault = /^PUT \/v1\/settings|_credential\/|\/(bitwarden|onepassword|hashicorp|keepass)\//.test(operation.id);
  const caller = isVault ? world.third : world.mine;
  const wishes = wishesFor(caller);
  const kinds = placesOf(operation.path);
  const destroys = operation.method === 'DELETE' || operation.path.endsWith('/delete');
  // What was there from the beginning stays, so that there is always something to ask for.
  const ownIds = (kind: keyof Ids) =>
    caller.ids[kind].filter((id) => !destroys || !caller.furnished[kind].includes(id));
  const own = fc.tuple(...kinds.map((kind) => one(ownIds(kind))));
  const foreign = fc.tuple(
    ...kinds.map((kind, at) => one(at === 0 || kind !== 'artifact' ? world.theirs.ids[kind] : caller.ids[kind])),
  );
  const any = fc.tuple(
    ...kinds.map((kind) => fc.oneof(one(ownIds(kind)), one(world.theirs.ids[kind]), RANDOM_ID, ODD_ID)),
  );
  const valid = operation.body === null ? null : agreeing(values(operation.body, wishes));
  const bytes = (body: fc.Arbitrary<unknown> | null) => (body === null ? fc.constant(undefined) : body.map(encoded));
  const nothing = fc.constant('');
  const query = queryOf(operation.parameters, wishes);
  const build = (
    kind: Kind,
    ids: fc.Arbitrary<string[]>,
    body: fc.Arbitrary<Buffer | undefined>,
    {
      search = nothing,
      extra = NO_HEADERS,
      key = caller.key,
    }: { search?: fc.Arbitrary<string>; extra?: fc.Arbitrary<Record<string, string>>; key?: string | null } = {},
  ): fc.Arbitrary<Generated> =>
    fc
      .tuple(ids, search, extra, body, fc.constantFrom(...(operation.path.startsWith('/v1/') ? ['', '/api'] : [''])))
      .map(([places, text, more, content, prefix]) => {
        const path = filledPath(operation.path, places);
        const headers = {
          ...(content === undefined ? {} : { 'content-type': operation.bodyType }),
          ...(key === null || operation.scope === null ? {} : { 'x-api-key': key }),
          ...more,
        };
        const target = `${operation.scope === null ? '' : prefix}${path}${text}`;
        return { operation, kind, request: { method: operation.method, target, headers, body: content } };
      });
  const nearBody = valid ? bytes(nearly(valid)) : bytes(fc.oneof(fc.constant({}), ODD));
  const withoutBody = operation.method === 'GET' ? fc.constant(undefined) : null;
  const choices: fc.WeightedArbitrary<Generated>[] = [
    { weight: 9, arbitrary: build('valid', own, bytes(valid), { search: query }) },
    {
      weight: 6,
      arbitrary: build('near', own, withoutBody ?? nearBody, {
        search: fc.oneof(query, ODD_QUERY),
        extra: ODD_HEADERS,
      }),
    },
    {
      weight: 3,
      arbitrary: build('garbage', any, withoutBody ?? GARBAGE, {
        search: fc.oneof(nothing, ODD_QUERY),
        extra: ODD_HEADERS,
      }),
    },
  ];
  if (operation.scope !== null) {
    const key = keys.without(operation.scope);
    choices.push(
      { weight: 1, arbitrary: build('no key', own, bytes(valid), { key: null }) },
      { weight: 1, arbitrary: build('wrong key', own, bytes(valid), { key: 'a-key-that-nobody-has-ever-made' }) },
      { weight: 1, arbitrary: build('no scope', own, bytes(valid), { key }) },
    );
    if (kinds.length > 0) choices.push({ weight: 3, arbitrary: build('foreign', foreign, bytes(valid)) });
  }
  return fc.oneof(...choices);
}
