import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { type CodeEndpoint, json, readmeVerifier, startCodeEndpoint } from '../support/code-endpoint.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { descendantsOf, kill } from '../support/processes.ts';
import { type Service, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

describeOnEachDatabase('codes that are asked for at an address', (databases) => {
  let service: Service;
  let practice: Practice;
  const sent = new Map<string, string>();
  let isSigned: Awaited<ReturnType<typeof readmeVerifier>>;
  beforeAll(async () => {
    isSigned = await readmeVerifier();
    practice = await startPractice({ deliver: ({ username, code }) => sent.set(username, code) });
    service = await startServiceOn(databases, { KEYTURN_RUNS_PER_WORKER: '4', KEYTURN_CODE_TIMEOUT_SECONDS: '15' });
  });
  afterAll(async () => {
    await service.close();
    await practice.close();
  });

  const newAccount = (name: string) => {
    const account = { username: name, password: randomPassword(), codeTo: `${name}@lindgrove.test` };
    practice.site.accounts.set(account);
    return account;
  };
  const endpoint = async (answer: Parameters<typeof startCodeEndpoint>[0]): Promise<CodeEndpoint> => {
    const started = await startCodeEndpoint(answer);
    onTestFinished(() => started.close());
    return started;
  };
  const start = async (name: string, change: Record<string, unknown>) => {
    const { username, password } = newAccount(name);
    const { status, body } = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('totp-one-box'),
      username,
      password,
      save_browser_profile: false,
      ...change,
    });
    expect([status, body.detail]).toEqual([200, undefined]);
    return body as { credential_id: string; workflow_run_id: string };
  };

  test('the endpoint is asked, with signed calls, until it has the code', async () => {
    const made = await service.call('POST', '/v1/signing_secrets', {});
    expect(made.status).toBe(201);
    const secret: string = made.body.signing_secret;
    expect(secret).toMatch(/^whsec_/);
    const asked = await endpoint((_call, response) => {
      const code = asked.calls.length < 3 ? null : sent.get('pull');
      if (asked.calls.length === 1) json(response, 503, { message: 'not yet' });
      else json(response, 200, code ? { task_id: 'x', verification_code: code } : {});
    });
    const started = await start('pull', { totp_url: asked.url });
    const result = await service.finished(started);
    expect(result, JSON.stringify(result.evidence)).toMatchObject({ outcome: 'logged_in' });
    expect(asked.calls).toHaveLength(3);
    const run = (await service.call('GET', `/v1/runs/${started.workflow_run_id}`)).body;
    for (const { headers, body } of asked.calls) {
      expect(JSON.parse(body)).toEqual({
        task_id: started.workflow_run_id,
        workflow_run_id: started.workflow_run_id,
        workflow_permanent_id: run.workflow_permanent_id,
      });
      expect(isSigned(secret, headers, body)).toBe(true);
      expect(headers['x-skyvern-signature']).toBe(createHmac('sha256', secret).update(body).digest('hex'));
      // Forged, altered, replayed later.
      expect(isSigned(`${secret}x`, headers, body)).toBe(false);
      expect(isSigned(secret, headers, `${body} `)).toBe(false);
      const later = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 301_000);
      expect(isSigned(secret, headers, body)).toBe(false);
      later.mockRestore();
      const moved = { ...headers, 'x-keyturn-timestamp': String(Number(headers['x-keyturn-timestamp']) + 100) };
      expect(isSigned(secret, moved, body)).toBe(false);
    }
    expect(result.evidence.map(({ text }: { text: string }) => text)).toContain('The endpoint for codes answered 503.');
    expect(practice.site.attempts('pull')).toMatchObject({ password: 1, code: 1 });
  });

  databases.testOnce(
    'an endpoint that already exists keeps its secret, and both sign while one takes over from the other',
    async () => {
      const own = 'an-endpoint-from-before-us';
      const first = await service.call('POST', '/v1/signing_secrets', { signing_secret: own, overlap_seconds: 0 });
      const next = await service.call('POST', '/v1/signing_secrets', { overlap_seconds: 3600 });
      const listed = await service.call('GET', '/v1/signing_secrets');
      expect(listed.body).toEqual(
        [
          { ...next.body, signing_secret: undefined },
          { ...first.body, signing_secret: undefined, expires_at: expect.any(String) },
        ].map(({ signing_secret: _, ...row }) => row),
      );
      expect(listed.text).not.toContain(own);
      const asked = await endpoint((_call, response) => json(response, 200, { verification_code: sent.get('both') }));
      expect(await service.finished(await start('both', { totp_url: asked.url }))).toMatchObject({
        outcome: 'logged_in',
      });
      const [call] = asked.calls;
      for (const secret of [own, next.body.signing_secret])
        expect(isSigned(secret, call?.headers ?? {}, call?.body ?? '')).toBe(true);
      expect(call?.headers['x-skyvern-signature']).toBe(
        createHmac('sha256', own)
          .update(call?.body ?? '')
          .digest('hex'),
      );
      expect((await service.call('DELETE', `/v1/signing_secrets/${first.body.signing_secret_id}`)).status).toBe(204);
      const again = await endpoint((_call, response) => json(response, 200, { verification_code: sent.get('after') }));
      expect(await service.finished(await start('after', { totp_url: again.url }))).toMatchObject({
        outcome: 'logged_in',
      });
      const { headers, body } = again.calls[0] ?? { headers: {}, body: '' };
      expect(isSigned(own, headers, body)).toBe(false);
      expect(isSigned(next.body.signing_secret, headers, body)).toBe(true);
    },
    90_000,
  );

  databases.testOnce(
    'an endpoint that misbehaves gives no code, and the run ends when its time is over',
    async () => {
      const kinds: ((response: import('node:http').ServerResponse) => void)[] = [
        (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
        (response) => response.end('not json at all'),
        (response) => response.end('x'.repeat(100_000)),
        (response) => response.destroy(),
        (response) => json(response, 200, { verification_code: { nested: true } }),
        (response) => json(response, 401, { verification_code: '999999' }),
      ];
      const asked = await endpoint((_call, response) => kinds[(asked.calls.length - 1) % kinds.length]?.(response));
      const result = await service.finished(await start('trouble', { totp_url: asked.url }));
      expect(result).toMatchObject({ outcome: 'code_timeout', submissions: { code: 0 } });
      expect(asked.calls.length).toBeGreaterThanOrEqual(kinds.length);
      const told = result.evidence.map(({ text }: { text: string }) => text).join('\n');
      for (const words of ['answered 302', 'larger than', 'could not be asked', 'answered 401'])
        expect(told).toContain(words);
      expect(practice.site.attempts('trouble')).toMatchObject({ code: 0 });
    },
    90_000,
  );

  databases.testOnce(
    'an old answer that is repeated is not used a second time',
    async () => {
      const asked = await endpoint((_call, response) => json(response, 200, { verification_code: sent.get('stale') }));
      const stale = async () => start('stale', { totp_url: asked.url });
      expect(await service.finished(await stale())).toMatchObject({ outcome: 'logged_in' });
      const old = sent.get('stale');
      const repeated = await endpoint((_call, response) =>
        json(response, 200, { verification_code: repeated.calls.length < 3 ? old : sent.get('stale') }),
      );
      const result = await service.finished(await start('stale', { totp_url: repeated.url }));
      expect(result, JSON.stringify(result.evidence)).toMatchObject({ outcome: 'logged_in' });
      expect(practice.site.attempts('stale')).toMatchObject({ code: 2 });
    },
    90_000,
  );

  test('private addresses are refused where they are not allowed', async () => {
    const { username, password } = newAccount('private');
    const refused = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('totp-one-box'),
      username,
      password,
      totp_url: 'http://10.0.0.1/code',
    });
    expect([refused.status, refused.body.code]).toEqual([400, 'address_not_allowed']);
  });

  test('a stored credential has an endpoint of its own', async () => {
    const { username, password } = newAccount('stored');
    const asked = await endpoint((_call, response) => json(response, 200, { verification_code: sent.get('stored') }));
    const { body } = await service.call('POST', '/v1/credentials', {
      name: 'Stored',
      credential_type: 'password',
      credential: { username, password, totp_url: asked.url },
    });
    expect(body.totp_url).toBe(asked.url);
    const started = await service.call('POST', `/v1/credentials/${body.credential_id}/test`, {
      url: practice.site.url('totp-one-box'),
    });
    expect(await service.finished(started.body)).toMatchObject({ outcome: 'logged_in' });
  });

  databases.testOnce('nobody asks for the code of a run whose browser is gone', async () => {
    let hungUp = false;
    const asked = await endpoint((_call, response) => response.once('close', () => (hungUp = true)));
    const started = await start('orphan', { totp_url: asked.url });
    await expect.poll(() => asked.calls.length).toBe(1);
    for (const { pid, command } of descendantsOf(process.pid)) if (/--remote-debugging/.test(command)) kill(pid);
    expect(await service.finished(started)).toMatchObject({ status: 'failed', outcome: 'browser_crashed' });
    // Long before the endpoint or the wait for the code would be given up.
    await expect.poll(() => hungUp, { timeout: 8_000 }).toBe(true);
  });
});
