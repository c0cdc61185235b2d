import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSmallSite } from '../browser/small-site.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const FORM = `<form method="post" action="/login"><label>E-mail <input name="u"></label>
  <label>Password <input name="p" type="password"></label><button>Log in</button></form>
  <footer>help@lindgrove.test</footer>`;

test.each([
  ['Ada@Lindgrove.test', false],
  ['somebody.else@lindgrove.test', true],
])('a session that shows %s', async (shown, other) => {
  const site = await startSmallSite((request, response) => {
    if (request.method === 'POST')
      response.writeHead(303, { location: '/', 'set-cookie': 'sid=1; HttpOnly; Path=/' }).end();
    else if (!request.headers.cookie) response.end(FORM);
    else
      response.end(`<h1>Orders</h1><p>${shown}</p><a href="/logout">Log out</a><footer>help@lindgrove.test</footer>`);
  });
  try {
    const { body } = await service.call('POST', '/v1/credentials/test-login', {
      url: site.url,
      username: 'ada@lindgrove.test',
      password: 'a password of this account',
    });
    const run = await service.finished(body);
    expect(run.outcome).toBe('logged_in');
    const found = run.evidence.filter(({ signal }: { signal: string }) => signal === 'other_identity');
    expect(found.length).toBe(other ? 1 : 0);
    if (other) expect(found[0].text).toContain(shown);
  } finally {
    await site.close();
  }
});
