import { rm } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { restoreSessionStorage } from '../../src/browser/capture-session.ts';
import { launchOptions } from '../../src/browser/launch-options.ts';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

describeOnEachDatabase('the life of a profile', (databases) => {
  let service: Service;
  let practice: Practice;
  beforeAll(async () => {
    [service, practice] = await Promise.all([startServiceOn(databases), startPractice()]);
  });
  afterAll(async () => {
    await service.close();
    await practice.close();
  });

  async function stored(): Promise<string> {
    const { body } = await service.call('POST', '/v1/credentials', {
      name: 'Ada',
      credential_type: 'password',
      credential: { username: practice.ada.username, password: practice.ada.password },
    });
    return body.credential_id;
  }

  async function testOf(id: string, variant: string, change: Record<string, unknown> = {}) {
    const { body } = await service.call('POST', `/v1/credentials/${id}/test`, {
      url: practice.site.url(variant),
      ...change,
    });
    return service.finished(body);
  }

  const attempts = () => practice.site.attempts(practice.ada.username).password;
  const profileOf = async (id: string) => (await service.call('GET', `/v1/credentials/${id}`)).body.browser_profile_id;
  const exportOf = async (profile: string) =>
    (await service.call('POST', `/v1/browser_profiles/${profile}/export`)).body;

  describe('a run that starts from the profile', () => {
    // Where the site changes the session each time, what the first run from it kept has to serve the second.
    const variants = databases.rowsOnce([
      ['rotating-session', 2],
      ['single-session', 2],
      ['classic', 1],
      ['spa', 1],
      ['spa-session-storage', 1],
      ['spa-indexeddb', 1],
      ['shadow', 1],
    ] as const);
    test.each(variants)('%s: is logged in, and submits nothing', async (variant, times) => {
      const id = await stored();
      const first = await testOf(id, variant);
      expect(first).toMatchObject({ outcome: 'logged_in', browser_profile_failure_reason: null });
      const before = attempts();
      for (let again = 0; again < times; again += 1) {
        expect(await testOf(id, variant)).toMatchObject({
          outcome: 'already_logged_in',
          verdict: 'passed',
          password_proven: false,
          submissions: { identifier: 0, password: 0, code: 0 },
          browser_profile_id: first.browser_profile_id,
        });
      }
      expect(attempts()).toBe(before);
    });

    test('logs in when the session is over, and the new session replaces the old', async () => {
      const id = await stored();
      const first = await testOf(id, 'classic');
      practice.site.endSessions(practice.ada.username);
      const before = attempts();
      const second = await testOf(id, 'classic');
      expect(second).toMatchObject({ outcome: 'logged_in', submissions: { password: 1 } });
      expect(second.evidence.map(({ signal }: { signal: string }) => signal)).toContain('session_over');
      expect(attempts() - before).toBe(1);
      expect(await testOf(id, 'classic')).toMatchObject({ outcome: 'already_logged_in' });
      expect(await profileOf(id)).toBe(second.browser_profile_id);
      if (second.browser_profile_id !== first.browser_profile_id) {
        expect((await service.call('GET', `/v1/browser_profiles/${first.browser_profile_id}`)).status).toBe(404);
      }
    });

    databases.testOnce('does not where it is told to start fresh, or to expect a refusal', async () => {
      const id = await stored();
      await testOf(id, 'classic');
      const fresh = await testOf(id, 'classic', { start_from_profile: false });
      expect(fresh).toMatchObject({ outcome: 'logged_in', submissions: { password: 1 } });
      const dead = await testOf(id, 'classic', { expect: 'wrong_credentials' });
      expect(dead).toMatchObject({ outcome: 'logged_in', verdict: 'failed', submissions: { password: 1 } });
    });

    databases.testOnce('starts fresh with a note where the profile is gone', async () => {
      const id = await stored();
      const { browser_profile_id: profile } = await testOf(id, 'classic');
      expect((await service.call('DELETE', `/v1/browser_profiles/${profile}`)).status).toBe(204);
      expect(await profileOf(id)).toBeNull();
      expect(await testOf(id, 'classic')).toMatchObject({ outcome: 'logged_in' });
    });
  });

  databases.testOnce('HTTP Basic keeps nothing, and says so', async () => {
    const id = await stored();
    expect(await testOf(id, 'basic')).toMatchObject({
      outcome: 'logged_in',
      browser_profile_id: null,
      browser_profile_failure_reason: 'no_session',
    });
    expect(await profileOf(id)).toBeNull();
  });

  describe('a profile', () => {
    test('is named after its credential, renamed, and goes with it', async () => {
      const id = await stored();
      const { browser_profile_id: profile } = await testOf(id, 'classic');
      const path = `/v1/browser_profiles/${profile}`;
      const { body } = await service.call('GET', path);
      expect(body).toMatchObject({
        browser_profile_id: profile,
        credential_id: id,
        name: `Profile - Ada (${id})`,
        state: 'ok',
      });
      expect(JSON.stringify(body)).not.toContain('storage_state');
      expect((await service.call('PATCH', path, { name: 'mine', description: 'kept' })).body).toMatchObject({
        name: 'mine',
        description: 'kept',
      });
      for (const bad of [{}, { name: '' }, { storage_state: {} }]) {
        expect((await service.call('PATCH', path, bad)).status).toBe(400);
      }
      await service.call('DELETE', `/v1/credentials/${id}`);
      expect((await service.call('GET', path)).status).toBe(404);
    });

    databases.testOnce('is unlinked when the username changes', async () => {
      const id = await stored();
      await testOf(id, 'classic');
      const { body } = await service.call('POST', `/v1/credentials/${id}/update`, {
        credential: { username: 'somebody else', password: practice.ada.password },
      });
      expect(body.browser_profile_id).toBeNull();
    });

    databases.testOnce('leaves only by a key with the scope of its own', async () => {
      const id = await stored();
      const { browser_profile_id: profile } = await testOf(id, 'classic');
      const { body: reader } = await service.call('POST', '/v1/api_keys', {
        name: 'reader',
        scopes: ['profiles:read'],
      });
      const refused = await service.call('POST', `/v1/browser_profiles/${profile}/export`, undefined, {
        'x-api-key': reader.api_key,
      });
      expect(refused.status).toBe(403);
      expect((await exportOf(profile)).storage_state.cookies.length).toBeGreaterThan(0);
    });

    test('comes in again, in another organization too, and a credential starts from it', async () => {
      const id = await stored();
      const { browser_profile_id: profile } = await testOf(id, 'classic');
      const session = await exportOf(profile);
      const { storage, dataKeys } = service.runtime.services;
      const { admin } = await createOrganization(storage.database, dataKeys, 'elsewhere');
      const as = { 'x-api-key': admin.key };
      const { body: credential } = await service.call(
        'POST',
        '/v1/credentials',
        {
          name: 'Ada there',
          credential_type: 'password',
          credential: { username: practice.ada.username, password: 'wrong here' },
        },
        as,
      );
      const imported = await service.call(
        'POST',
        '/v1/browser_profiles',
        { name: 'brought along', credential_id: credential.credential_id, ...session },
        as,
      );
      expect(imported.status).toBe(201);
      const url = practice.site.url('classic');
      const started = await service.call('POST', `/v1/credentials/${credential.credential_id}/test`, { url }, as);
      const path = `/v1/credentials/${credential.credential_id}/test/${started.body.workflow_run_id}?wait=30`;
      const { body: run } = await service.call('GET', path, undefined, as);
      expect(run).toMatchObject({ outcome: 'already_logged_in', submissions: { password: 0 } });
    });
  });

  describe("an export in somebody else's script", () => {
    let browser: Browser;
    const artifacts = `${process.env.TMPDIR}/plain-playwright`;
    beforeAll(async () => {
      browser = await chromium.launch(launchOptions({ executable: inject('chromium'), artifactsDir: artifacts }));
    });
    afterAll(async () => {
      await browser.close();
      await rm(artifacts, { recursive: true, force: true });
    });

    const variants = databases.rowsOnce(['classic', 'spa', 'spa-indexeddb', 'spa-session-storage']);
    test.each(variants)('%s', async (variant) => {
      const id = await stored();
      const { browser_profile_id: profile } = await testOf(id, variant);
      const session = await exportOf(profile);
      const context = await browser.newContext({ ...session.context_options, storageState: session.storage_state });
      const page = await context.newPage();
      await restoreSessionStorage(page, session);
      const before = attempts();
      await page.goto(practice.site.url(variant));
      await page
        .getByText(practice.ada.displayName ?? practice.ada.username)
        .first()
        .waitFor({ timeout: 10_000 });
      expect(attempts()).toBe(before);
      await context.close();
    });
  });
});
