import { expect, test } from 'vitest';
import { startSmallSite } from '../browser/small-site.ts';
import { startService } from '../support/service.ts';

/** A site behind HTTP Basic whose every page, that of a refusal too, wants five pictures of the same realm. */
async function startGuardedSite(credential: string) {
  const given: string[] = [];
  const site = await startSmallSite((request, response) => {
    const { authorization } = request.headers;
    if (authorization) given.push(`${request.url} ${authorization === credential ? 'right' : 'wrong'}`);
    const allowed = authorization === credential;
    response.statusCode = allowed ? 200 : 401;
    if (!allowed) response.setHeader('www-authenticate', 'Basic realm="guarded"');
    const pictures = [1, 2, 3, 4, 5].map((number) => `<img src="/picture-${number}.png" alt="">`).join('');
    response.end(`<h1>${allowed ? 'Welcome' : 'Not for you'}</h1>${pictures}<script src="/script.js"></script>`);
  });
  return { site, given };
}

test('a wrong credential is given once, also where the page of the refusal asks again and again', async () => {
  const service = await startService();
  const { site, given } = await startGuardedSite(`Basic ${btoa('ada:the right one')}`);
  try {
    const login = async (password: string) => {
      const body = { url: site.url, username: 'ada', password };
      return service.finished((await service.call('POST', '/v1/credentials/test-login', body)).body);
    };
    expect(await login('the wrong one')).toMatchObject({ outcome: 'wrong_credentials', submissions: { password: 1 } });
    expect(given).toEqual(['/ wrong']);
    given.length = 0;
    expect(await login('the right one')).toMatchObject({ outcome: 'logged_in' });
    expect(given[0]).toBe('/ right');
    expect(given.filter((line) => line.endsWith('wrong'))).toEqual([]);
  } finally {
    await site.close();
    await service.close();
  }
});
