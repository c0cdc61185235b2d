import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSmallSite } from '../browser/small-site.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';
import { triedOf } from '../support/thorough.ts';

let service: Service;
let practice: Practice;
let provider: string;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());
beforeEach(async () => {
  practice = await startPractice();
  provider = practice.site.origin.replace('127.0.0.1', 'localhost');
});
afterEach(() => practice.close());

/** A credential of ada's, pinned to these origins. */
async function credential(origins: string[], password = practice.ada.password): Promise<string> {
  const created = await service.call('POST', '/v1/credentials', {
    name: 'Ada',
    credential_type: 'password',
    credential: { username: practice.ada.username, password, allowed_origins: origins },
  });
  expect(created.status).toBe(201);
  return created.body.credential_id;
}

async function run(id: string, url: string) {
  const started = await service.call('POST', `/v1/credentials/${id}/test`, { url });
  expect(started.status, started.text).toBe(200);
  return service.finished(started.body);
}

const attempts = () => {
  const { password, extra } = practice.site.attempts(practice.ada.username);
  return { password, extra };
};

describe("sign-in through the site's own identity provider", () => {
  test('is refused and names the origin where that is not allowed', async () => {
    const { site } = practice;
    const result = await run(await credential([site.origin]), site.url('provider'));
    expect(result).toMatchObject({ outcome: 'egress_denied', outcome_details: { origin: provider } });
    expect(result.failure_reason).toContain(provider);
    expect(attempts()).toEqual({ password: 0, extra: 0 });
  });

  test.each(triedOf(['provider', 'provider-form', 'provider-stays']))(
    'works where it is allowed: %s',
    async (variant) => {
      const { site } = practice;
      const result = await run(await credential([site.origin, provider]), site.url(variant));
      expect(result, JSON.stringify(result.evidence)).toMatchObject({ outcome: 'logged_in', password_proven: true });
      // One answer of the provider: neither the comparison nor the restored session used it again.
      expect(attempts()).toEqual({ password: 1, extra: 1 });
    },
  );

  test('pins both origins after the first login', async () => {
    const { site } = practice;
    const id = await credential([]);
    expect(await run(id, site.url('provider'))).toMatchObject({ outcome: 'logged_in' });
    const foreign = await service.call('POST', `/v1/credentials/${id}/test`, { url: 'http://127.0.0.2:9/login' });
    expect(foreign.body.code).toBe('origin_not_allowed');
    expect(await run(id, `${provider}/classic/login`)).toMatchObject({ outcome: 'logged_in' });
  });

  test.each(triedOf(['provider', 'provider-form']))(
    'a session of the provider logs in again without the password: %s',
    async (variant) => {
      const { site } = practice;
      const id = await credential([site.origin, provider]);
      const first = await run(id, site.url(variant));
      expect(first.outcome).toBe('logged_in');
      await endOwnSession(variant, first.browser_profile_id);
      const again = await run(id, site.url(variant));
      expect(again, JSON.stringify(again.evidence)).toMatchObject({
        outcome: 'already_logged_in',
        password_proven: false,
        submissions: { identifier: 0, password: 0, code: 0 },
      });
      expect(attempts().password).toBe(1);
    },
  );

  test('a second site that trusts the provider needs no password either', async () => {
    const { site } = practice;
    const id = await credential([site.origin, provider]);
    const first = await run(id, site.url('provider'));
    await endOwnSession('provider', first.browser_profile_id);
    const second = await run(id, site.url('provider', 'second'));
    expect(second, JSON.stringify(second.evidence)).toMatchObject({ outcome: 'already_logged_in' });
    expect(attempts().password).toBe(1);
  });

  test('a session at one origin is no login at another', async () => {
    const { site } = practice;
    const id = await credential([site.origin, provider]);
    await run(id, site.url('classic'));
    const other = await run(id, `${provider}/classic/login`);
    expect(other, JSON.stringify(other.evidence)).toMatchObject({ outcome: 'logged_in', submissions: { password: 1 } });
    expect(attempts().password).toBe(2);
  });
});

/** Logs out of the site alone, as a person would; the provider's session stays. */
async function endOwnSession(variant: string, profile: string): Promise<void> {
  const { site } = practice;
  const exported = await service.call('POST', `/v1/browser_profiles/${profile}/export`, {});
  const cookies: { name: string; value: string; domain: string }[] = exported.body.storage_state.cookies;
  const own = cookies.find(({ name, domain }) => name === 'sid' && domain === '127.0.0.1');
  const headers = { cookie: `sid=${own?.value}` };
  const page = await (await fetch(site.url(variant, 'account'), { headers })).text();
  const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
  const body = new URLSearchParams({ csrf });
  const answer = await fetch(site.url(variant, 'logout'), { method: 'POST', headers, body, redirect: 'manual' });
  expect(answer.status).toBe(303);
}

describe('a form in a frame of another origin', () => {
  test('is filled in where that is allowed, and its words are read', async () => {
    const { site, wrong } = practice;
    const right = await run(await credential([site.origin, provider]), site.url('provider-in-frame'));
    expect(right, JSON.stringify(right.evidence)).toMatchObject({ outcome: 'logged_in', password_proven: true });
    const refused = await run(await credential([site.origin, provider], wrong), site.url('provider-in-frame'));
    expect(refused).toMatchObject({ outcome: 'wrong_credentials', site_message: 'Invalid username or password.' });
    expect(attempts()).toEqual({ password: 2, extra: 1 });
  });

  test('is named where it is not', async () => {
    const { site } = practice;
    const result = await run(await credential([]), site.url('provider-in-frame'));
    expect(result).toMatchObject({ outcome: 'egress_denied', outcome_details: { origin: provider } });
  });
});

test('a way in that cannot be looked into is named', async () => {
  const { site } = practice;
  const result = await run(await credential([]), site.url('closed-shadow'));
  expect(result.evidence.map(({ signal }: { signal: string }) => signal)).toContain('closed_shadow_root');
});

describe('a way in', () => {
  /** What is said of a site whose only page has a link to a login beside this, and whether the link was followed. */
  async function opened(beside: string) {
    const site = await startSmallSite((request, response) => {
      if (request.url === '/') response.end(`<!doctype html><h1>Welcome</h1><p><a href="/in">Sign in</a></p>${beside}`);
    });
    try {
      const result = await run(await credential([]), site.url);
      expect(result.outcome).toBe('not_a_login_page');
      const said: string[] = result.evidence.map(({ text }: { text: string }) => text);
      return { said, followed: site.requests.some((request) => request.endsWith('/in')) };
    } finally {
      await site.close();
    }
  }

  test('that never stands still is not said to have been clicked', async () => {
    const { said, followed } = await opened(`<style>@keyframes moves { to { transform: translateX(90px) } }
      a { display: inline-block; animation: moves 1s infinite alternate }</style>`);
    expect(said).toContainEqual('"Sign in" could not be clicked within 5 seconds.');
    expect(said.join()).not.toContain('was clicked');
    expect(followed).toBe(false);
  });

  test('that is made anew while the page gets ready is clicked after that', async () => {
    const { said, followed } = await opened(`<script>
      const anew = () => { const link = document.querySelector('a'); link.replaceWith(link.cloneNode(true)); };
      const timer = setInterval(anew, 5);
      setTimeout(() => clearInterval(timer), 2000);</script>`);
    expect(said).toContainEqual('"Sign in" was clicked to open the login form.');
    expect(followed).toBe(true);
  });
});

test("no password is typed beside somebody else's name, and the reason says so", async () => {
  const { site, ada } = practice;
  const id = await credential([]);
  const result = await run(id, site.url('fixed-name'));
  expect(result).toMatchObject({ outcome: 'not_a_login_page', outcome_details: { reason: 'other_account' } });
  expect(result.failure_reason).toContain('another account');
  const own = await run(id, `${site.url('fixed-name')}?username=${encodeURIComponent(ada.username)}`);
  expect(own).toMatchObject({ outcome: 'logged_in', submissions: { identifier: 0, password: 1 } });
});

test("somebody else's name that can be changed is replaced", async () => {
  const { site } = practice;
  const result = await run(await credential([]), `${site.url('prefilled')}?username=bob@lindgrove.test`);
  expect(result).toMatchObject({ outcome: 'logged_in', submissions: { identifier: 1, password: 1 } });
});
