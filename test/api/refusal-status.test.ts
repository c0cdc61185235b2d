import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSmallSite } from '../browser/small-site.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const FORM = `<form method="post" action="/login"><label>Username <input name="u"></label>
  <label>Password <input name="p" type="password"></label><button>Log in</button></form>`;

test.each([
  [401, 'Nope, that is not right.', 'wrong_credentials'],
  [200, 'Login failed.', 'wrong_credentials'],
  [401, 'Unable to sign in', 'wrong_credentials'],
  [500, 'Login failed.', 'rejected'],
  [503, 'Unable to sign in', 'rejected'],
  [500, 'Incorrect password.', 'wrong_credentials'],
])('%i with "%s" is %s', async (status, words, outcome) => {
  const site = await startSmallSite((request, response) => {
    if (request.method === 'POST') response.statusCode = status;
    response.end(`${request.method === 'POST' ? `<p role="alert">${words}</p>` : ''}${FORM}`);
  });
  try {
    const { body } = await service.call('POST', '/v1/credentials/test-login', {
      url: site.url,
      username: 'ada',
      password: 'a password of no account',
    });
    expect(await service.finished(body)).toMatchObject({ outcome, site_message: words, submissions: { password: 1 } });
  } finally {
    await site.close();
  }
});
