import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

async function logIn(skewMs: number, change: { totp?: string } = {}) {
  const practice = await startPractice({ now: () => Date.now() + skewMs, codeWindow: 0 });
  try {
    const { body } = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('totp-one-box'),
      username: practice.grace.username,
      password: practice.grace.password,
      totp: practice.grace.totp,
      save_browser_profile: false,
      ...change,
    });
    return { result: await service.finished(body), counted: practice.site.attempts(practice.grace.username) };
  } finally {
    await practice.close();
  }
}

test.each([-90_000, 25_000, 3_600_000])(
  'a site whose clock is %d ms ahead gets a code of its own time',
  async (skew) => {
    const { result, counted } = await logIn(skew);
    expect(result, JSON.stringify(result.evidence)).toMatchObject({ outcome: 'logged_in' });
    expect(counted).toMatchObject({ password: 1, code: 1 });
    const words = `${skew > 0 ? 'ahead of' : 'behind'} ours`;
    expect(result.evidence.map(({ text }: { text: string }) => text).join('\n')).toContain(words);
  },
);

test('a refused code of the right moment speaks of the seed', async () => {
  const { result, counted } = await logIn(0, { totp: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' });
  expect(result).toMatchObject({ outcome: 'wrong_code', outcome_details: { cause: 'seed' } });
  expect(result.failure_reason).toContain('the seed is wrong');
  expect(counted).toMatchObject({ code: 1 });
});
