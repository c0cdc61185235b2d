import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Practice, startPractice } from '../support/practice.ts';
import { processesUsing } from '../support/processes.ts';
import { type CommandLine, commandLine } from './command-line.ts';

let line: CommandLine;
let practice: Practice;
beforeEach(async () => {
  practice = await startPractice();
  line = await commandLine({ KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8' });
});
afterEach(async () => {
  await line.close();
  await practice.close();
});

describe('keyturn inspect', { timeout: 60_000 }, () => {
  test('one JSON line a page, in the order given, and nothing typed', async () => {
    const file = path.join(line.folder, 'sign-in.html');
    await writeFile(
      file,
      `<form><label for="who">E-mail</label><input id="who"><label>Password <input type="password" name="pw"></label>
       <button>Sign in</button></form>`,
    );
    const sources = [practice.site.url('identifier-first'), file, practice.site.url('classic')];
    const ended = await line.run(['inspect', ...sources, '--json']);
    expect(ended.code).toBe(0);
    const rows = ended.stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(rows.map((row) => [row.source, row.page_kind])).toEqual([
      [sources[0], 'identifier_step'],
      [file, 'login'],
      [sources[2], 'login'],
    ]);
    expect(Object.keys(rows[0]).sort()).toEqual(
      [
        ...['code', 'identifier', 'new_password', 'page_kind', 'password', 'source', 'submit', 'unreadable'],
        ...['remember_me', 'tenant'],
      ].sort(),
    );
    expect(rows[0].password).toBeNull();
    expect(rows[1].identifier).toMatchObject({ selector: '#who', score: expect.any(Number) });
    expect(rows[1].password.selector).toBe('input[name="pw"]');
    expect(rows[1].submit.reasons.length).toBeGreaterThan(0);
    expect(practice.site.log()).toEqual([]);
    expect(readdirSync(line.folder)).toEqual(['sign-in.html']);
    expect(processesUsing(line.folder)).toEqual([]);
  });

  test('for people', async () => {
    const source = practice.site.url('classic');
    const ended = await line.run(['inspect', source]);
    expect(ended.stdout).toMatch(new RegExp(`^${source}: login\n  identifier +\\S+  \\(\\d+: .+\\)\n  password `));
  });

  test('what cannot be opened is one sentence', async () => {
    const missing = await line.run(['inspect', 'nothing.html']);
    expect(missing).toEqual({ code: 2, stdout: '', stderr: 'keyturn: The file nothing.html cannot be read.\n' });
    const private_ = await line.run(['inspect', practice.site.url('classic')], { env: { KEYTURN_ALLOW_NETWORKS: '' } });
    expect([private_.code, private_.stdout]).toEqual([2, '']);
    expect(private_.stderr).toMatch(/^keyturn: .* leads to the private address 127\.0\.0\.1; name its network/);
    expect(readdirSync(line.folder)).toEqual([]);
  });
});
