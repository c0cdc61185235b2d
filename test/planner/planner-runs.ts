import { expect } from 'vitest';
import { type Practice, startPractice } from '../support/practice.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';
import { searchSecrets } from '../support/secret-search.ts';
import type { Answer, Service } from '../support/service.ts';

/** One run at one unclear page of a site of its own, and what site and model saw of it. */
export interface PlannedRun {
  result: Answer['body'];
  /** What the evidence says of the planner. */
  notes: string[];
  counted: ReturnType<Practice['site']['attempts']>;
  /** Requests that carried a credential, or went where nothing should. */
  log: ReturnType<Practice['site']['log']>;
}

/** Runs it, and holds it to what must be so whatever a model says. */
export async function planned(
  service: Service,
  model: ScriptedModel | null,
  { variant, correct = true, expect: expected }: { variant: string; correct?: boolean; expect?: string },
): Promise<PlannedRun> {
  const practice = await startPractice();
  const asked = model?.received.length ?? 0;
  try {
    const { site, ada } = practice;
    const password = correct ? ada.password : practice.wrong;
    const started = await service.call('POST', '/v1/credentials/test-login', {
      url: site.url(`unclear-${variant}`),
      username: ada.username,
      password,
      ...(expected && { expect: expected }),
    });
    expect(started.status, started.text).toBe(200);
    const result = await service.finished(started.body);
    const counted = site.attempts(ada.username);
    const log = site.log();
    // Nothing twice, nothing elsewhere, nowhere it should not be, and no success that the site does not know of.
    expect(counted.identifier).toBeLessThanOrEqual(1);
    expect(counted.password).toBeLessThanOrEqual(1);
    expect(counted.password).toBeLessThanOrEqual(result.submissions.password);
    expect(log.filter(({ host }) => host.startsWith('localhost'))).toEqual([]);
    expect(log.filter(({ stages }) => stages.length === 0)).toEqual([]);
    expect(log.filter(({ account }) => account.startsWith('tempted'))).toEqual([]);
    if (!correct || counted.password === 0) expect(result.status).not.toBe('completed');
    // Neither the model nor anyone who asks has seen a secret or the key.
    const sent = (model?.received ?? []).slice(asked);
    const secrets = [
      { name: 'password', value: password, kind: 'password' as const },
      { name: 'username', value: ada.username, kind: 'password' as const },
    ];
    expect(searchSecrets(secrets, [{ name: 'requests', text: sent.map(({ body }) => body).join('\n') }])).toEqual([]);
    if (model) {
      const key = [{ name: 'key', value: model.apiKey, kind: 'password' as const }];
      const told = [service.log(), ...service.answers()].join('\n');
      expect(searchSecrets(key, [{ name: 'log and answers', text: told }])).toEqual([]);
    }
    const evidence = result.evidence as { signal: string; text: string }[];
    return {
      result,
      notes: evidence.filter(({ signal }) => signal === 'planner').map(({ text }) => text),
      counted,
      log,
    };
  } finally {
    await practice.close();
  }
}
