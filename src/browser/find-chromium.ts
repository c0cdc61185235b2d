import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright';
import { KeyturnError } from '../errors.ts';

/** A browser to drive. `shell`: the headless shell, about half the CPU and memory of the full browser. */
export interface ChromiumBinary {
  executable: string;
  kind: 'shell' | 'chromium';
  source: 'configured' | 'playwright' | 'system';
}

/**
 * Where systems keep the browser, best first: the headless shell, then the full browser; the real binaries before the
 * wrapper scripts of /usr/bin, which add flags of their own and a process between us and the browser.
 */
const SYSTEM_PLACES: Record<string, string[]> = {
  linux: [
    '/usr/lib/chromium/chromium-headless-shell',
    '/usr/lib/chromium/headless_shell',
    '/usr/lib64/chromium-browser/headless_shell',
    '/usr/lib/chromium-browser/headless_shell',
    '/usr/bin/chromium-headless-shell',
    '/usr/lib/chromium/chromium',
    '/usr/lib64/chromium-browser/chromium-browser',
    '/usr/lib/chromium-browser/chromium-browser',
    '/opt/google/chrome/chrome',
    '/opt/chromium.org/chromium/chromium',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/google-chrome',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome Canary.app/Contents/MacOS/Google Chrome Canary',
  ],
};

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function kindOf(executable: string): ChromiumBinary['kind'] {
  return /headless[-_]shell/.test(path.basename(executable)) ? 'shell' : 'chromium';
}

/** The shell lies beside Playwright's full browser, in a folder of its own with the same revision. */
function playwrightShell(chromiumPath: string): string | null {
  const match = /^(.*)[/\\]chromium-(\d+)[/\\]/.exec(chromiumPath);
  if (!match) return null;
  const folder = path.join(match[1] ?? '', `chromium_headless_shell-${match[2]}`);
  if (!existsSync(folder)) return null;
  for (const inner of readdirSync(folder)) {
    for (const name of ['chrome-headless-shell', 'headless_shell']) {
      const file = path.join(folder, inner, name);
      if (isExecutable(file)) return file;
    }
  }
  return null;
}

function playwrightOwn(): string[] {
  // Throws on platforms Playwright has no browser for.
  let full: string;
  try {
    full = chromium.executablePath();
  } catch {
    return [];
  }
  const shell = playwrightShell(full);
  return [...(shell ? [shell] : []), ...(isExecutable(full) ? [full] : [])];
}

/**
 * All browsers of this machine, the one to try first in front: `configured` (KEYTURN_CHROMIUM) alone when it is set,
 * else Playwright's own, else the system's. Being found says nothing about starting: see `ensureChromium`.
 * Throws KeyturnError `no_browser` when the configured one is missing or not executable.
 */
export function chromiumCandidates(configured: string | null): ChromiumBinary[] {
  if (configured !== null) {
    if (!isExecutable(configured)) {
      throw new KeyturnError('no_browser', {
        detail: `KEYTURN_CHROMIUM names ${configured}, which is not an executable file.`,
      });
    }
    return [{ executable: configured, kind: kindOf(configured), source: 'configured' }];
  }
  const own = playwrightOwn().map((executable) => ({ executable, source: 'playwright' as const }));
  const system = (SYSTEM_PLACES[process.platform] ?? [])
    .filter(isExecutable)
    .map((executable) => ({ executable, source: 'system' as const }));
  const seen = new Set<string>();
  return [...own, ...system]
    .filter(({ executable }) => {
      const real = realpathSync(executable);
      return !seen.has(real) && seen.add(real);
    })
    .map((found) => ({ ...found, kind: kindOf(found.executable) }));
}

/** The first of `chromiumCandidates`. Throws KeyturnError `no_browser` when there is none. */
export function findChromium(configured: string | null): ChromiumBinary {
  const [first] = chromiumCandidates(configured);
  if (!first) throw new KeyturnError('no_browser');
  return first;
}
