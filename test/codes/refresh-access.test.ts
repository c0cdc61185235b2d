import { afterAll, expect, onTestFinished, test } from 'vitest';
import { RefreshFailed, refreshAccess } from '../../src/codes/refresh-access.ts';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import type { MailboxOauth } from '../../src/vaults/vault.ts';
import { startTokenEndpoint, type TokenAnswer, type TokenEndpoint } from '../support/token-endpoint.ts';

const client = new GuardedClient(['127.0.0.0/8']);
afterAll(() => client.close());

const endpoint = async (answer: TokenAnswer = 'grant', rotate = true): Promise<TokenEndpoint> => {
  const started = await startTokenEndpoint({ rotate });
  onTestFinished(() => started.close());
  started.answer = answer;
  return started;
};
const oauthAt = ({ url, first, client: credentials }: TokenEndpoint, change: Partial<MailboxOauth> = {}) => ({
  token_url: url,
  ...credentials,
  refresh_token: first,
  scope: null,
  ...change,
});
const troubleAt = async (oauth: MailboxOauth, at = client) => {
  const error = await refreshAccess(at, oauth, oauth.refresh_token).catch((thrown: unknown) => thrown);
  if (!(error instanceof RefreshFailed)) throw error;
  for (const secret of ['kt-', 'secret of the endpoint']) expect(error.trouble.text).not.toContain(secret);
  return error.trouble;
};

test('a refresh token gets an access token, and with it what replaces it', async () => {
  const rotating = await endpoint();
  expect(await refreshAccess(client, oauthAt(rotating), rotating.first)).toEqual({
    accessToken: 'kt-access-1-Rt8',
    refreshToken: 'kt-refresh-1-Wm3',
    expiresIn: 3600,
  });
  const plain = await endpoint('grant', false);
  plain.expiresIn = null;
  expect(await refreshAccess(client, oauthAt(plain), plain.first)).toMatchObject({
    refreshToken: null,
    expiresIn: null,
  });
});

const MISBEHAVIOUR: [TokenAnswer, string, boolean][] = [
  ['refuse', 'refused to renew the access token (invalid_grant). Give the credential a new refresh token.', true],
  ['error', 'answered 500', false],
  ['busy', 'answered 429', false],
  ['drop', 'the call failed', false],
  ['hang', 'no answer within 10 s', false],
  ['garbage', 'answered without an access token', true],
  ['no-token', 'answered without an access token', true],
  ['huge', 'the answer is larger than', true],
  ['redirect', 'answered 307', true],
];
test.concurrent.each(MISBEHAVIOUR)(
  'an endpoint that would %s is told in plain words and asked once',
  async (answer, words, final) => {
    const bad = await startTokenEndpoint();
    bad.answer = answer;
    try {
      const trouble = await troubleAt(oauthAt(bad));
      expect(trouble).toMatchObject({ text: expect.stringContaining(words), final });
      expect(bad.asked).toEqual([bad.first]);
    } finally {
      await bad.close();
    }
  },
);

test('a client that is not known is told, and what the endpoint says of it is not repeated', async () => {
  const at = await endpoint();
  const trouble = await troubleAt(oauthAt(at, { client_secret: 'kt-other' }));
  expect(trouble).toEqual({ text: expect.stringContaining('(invalid_client).'), final: true });
});

test('a private address is not asked', async () => {
  const at = await endpoint();
  const outside = new GuardedClient([]);
  onTestFinished(() => outside.close());
  expect(await troubleAt(oauthAt(at), outside)).toMatchObject({
    text: expect.stringContaining('is private'),
    final: true,
  });
  expect(at.asked).toEqual([]);
});
