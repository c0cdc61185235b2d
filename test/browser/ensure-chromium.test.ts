import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ensureChromium, ensureFrom } from '../../src/browser/ensure-chromium.ts';
import { type ChromiumBinary, chromiumCandidates, findChromium } from '../../src/browser/find-chromium.ts';
import type { Installer } from '../../src/browser/installers.ts';

let folder: string;
let broken: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ensure-'));
  broken = path.join(folder, 'chromium');
  writeFileSync(
    broken,
    '#!/bin/sh\necho "chromium: error while loading shared libraries: libnss3.so: cannot open" >&2\nexit 127\n',
  );
  chmodSync(broken, 0o755);
});

afterAll(() => rmSync(folder, { recursive: true }));

const binary = (executable: string): ChromiumBinary => ({ executable, kind: 'shell', source: 'system' });

/** Installs by a real command: puts the machine's own browser at `place`. */
function linking(place: string): Installer {
  return {
    title: 'Linking',
    plan: () => ({
      prepare: ['/bin/false'],
      choices: [
        ['/bin/sh', '-c', 'echo trying; exit 3'],
        ['ln', '-s', inject('chromium'), place],
      ],
    }),
  };
}

describe('finding', () => {
  test('takes the configured browser and no other', () => {
    expect(chromiumCandidates(inject('chromium'))).toMatchObject([
      { executable: inject('chromium'), source: 'configured' },
    ]);
  });

  test.each(['/nonexistent/chromium', '/etc/passwd', '/usr'])('names the configured %s that cannot be run', (file) => {
    expect(() => findChromium(file)).toThrow(
      expect.objectContaining({ code: 'no_browser', message: expect.stringContaining(file) }),
    );
  });

  test('prefers the headless shell and lists each browser once', () => {
    const found = chromiumCandidates(null);
    const system = found.filter(({ source }) => source === 'system').map(({ kind }) => kind);
    expect(system).toEqual(system.toSorted((a, b) => Number(a === 'chromium') - Number(b === 'chromium')));
    expect(new Set(found.map(({ executable }) => executable)).size).toBe(found.length);
  });
});

describe('ensuring', () => {
  test('starts the browser it found', async () => {
    expect(await ensureChromium({ chromium: inject('chromium') })).toMatchObject({ executable: inject('chromium') });
  });

  test('does not accept a configured browser that does not start, and says why', async () => {
    await expect(ensureChromium({ chromium: broken })).rejects.toMatchObject({
      code: 'no_browser',
      message: expect.stringMatching(new RegExp(`${broken}.*libnss3`)),
    });
  });

  test('goes on to the next one when the first does not start', async () => {
    const lines: string[] = [];
    const candidates = () => [binary(broken), binary(inject('chromium'))];
    const found = await ensureFrom({ candidates, installers: [], progress: (line) => lines.push(line) });
    expect(found.executable).toBe(inject('chromium'));
    expect(lines).toEqual([expect.stringContaining('libnss3')]);
  });

  test('installs by the first way that works, and shows the way', async () => {
    const bin = path.join(folder, 'bin');
    mkdirSync(bin);
    // Beside the real one: it looks for its resources next to itself through the link.
    const place = path.join(bin, 'headless_shell');
    const closed: Installer = { title: 'Closed', plan: () => null };
    const failing: Installer = { title: 'Failing', plan: () => ({ choices: [['/nonexistent/command']] }) };
    const lines: string[] = [];
    let asked = 0;
    const candidates = () => {
      asked += 1;
      return asked === 1 ? [] : [binary(place)];
    };
    const installers = [closed, failing, linking(place)];
    const found = await ensureFrom({ candidates, installers, progress: (line) => lines.push(line) });
    expect(found.executable).toBe(place);
    expect(lines).toContain('Failing did not work.');
    expect(lines).toContain('trying');
    expect(lines.join()).not.toContain('Closed');
  });

  test('says what to do when nothing works', async () => {
    const candidates = () => [binary(broken)];
    await expect(ensureFrom({ candidates, installers: [], progress: () => undefined })).rejects.toMatchObject({
      code: 'no_browser',
      message: expect.stringMatching(/install the package "chromium".*KEYTURN_CHROMIUM.*libnss3/),
    });
  });
});
