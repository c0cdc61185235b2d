import { tmpdir } from 'node:os';
import { chromium } from 'playwright';
import { type Config, childEnvironment } from '../config.ts';
import { KeyturnError } from '../errors.ts';
import { type ChromiumBinary, chromiumCandidates } from './find-chromium.ts';
import { INSTALLERS, type Installer, type Progress, runPlan } from './installers.ts';
import { launchOptions } from './launch-options.ts';

const NOTHING_WORKED =
  'No Chromium starts here and none could be installed: install the package "chromium" (Debian: apt-get install ' +
  'chromium-headless-shell) or set KEYTURN_CHROMIUM to the path of one.';

/**
 * Finds a Chromium that really starts, and otherwise installs one by what works on this machine, telling each step to
 * `progress`. Asks nothing, ends in bounded time. Throws KeyturnError `no_browser` with one sentence that says what to
 * do; a browser named by KEYTURN_CHROMIUM is never replaced by another.
 */
export function ensureChromium(
  config: Pick<Config, 'chromium'>,
  progress: Progress = () => undefined,
): Promise<ChromiumBinary> {
  return ensureFrom({ candidates: () => chromiumCandidates(config.chromium), installers: INSTALLERS, progress });
}

export interface EnsureSteps {
  /** Asked again after each installation. */
  candidates(): ChromiumBinary[];
  installers: readonly Installer[];
  progress: Progress;
}

/** `ensureChromium` with its sources handed in. */
export async function ensureFrom({ candidates, installers, progress }: EnsureSteps): Promise<ChromiumBinary> {
  const failed = new Map<string, string>();
  const startable = async () => {
    for (const candidate of candidates()) {
      const reason = await whyNotStarting(candidate.executable);
      if (reason === null) return candidate;
      failed.set(candidate.executable, reason);
      progress(`${candidate.executable} does not start: ${reason}`);
      if (candidate.source === 'configured') {
        throw new KeyturnError('no_browser', {
          detail: `KEYTURN_CHROMIUM names ${candidate.executable}, which does not start: ${reason}`,
        });
      }
    }
    return null;
  };
  const present = await startable();
  if (present) return present;
  for (const installer of installers) {
    const plan = installer.plan();
    if (!plan) continue;
    progress(`${installer.title} …`);
    if (!(await runPlan(plan, progress))) {
      progress(`${installer.title} did not work.`);
      continue;
    }
    // What would not start before may do so now: packages bring the libraries a downloaded browser lacks.
    const installed = await startable();
    if (installed) return installed;
  }
  const [broken] = failed;
  throw new KeyturnError('no_browser', {
    detail: broken ? `${NOTHING_WORKED} (${broken[0]}: ${broken[1]})` : NOTHING_WORKED,
  });
}

/** Null when the browser starts and opens a page, else why not, in one line. */
async function whyNotStarting(executable: string): Promise<string | null> {
  try {
    const browser = await chromium.launch(
      launchOptions({ executable, artifactsDir: tmpdir(), env: childEnvironment() }),
    );
    try {
      await (await browser.newPage()).goto('about:blank');
      return null;
    } finally {
      await browser.close();
    }
  } catch (error) {
    return reasonIn(error instanceof Error ? error.message : String(error));
  }
}

/** Playwright's message holds the whole log; what matters is the loader's or the browser's own complaint. */
function reasonIn(message: string): string {
  const lines = message.split('\n').map((line) => line.replace(/^.*\[err\]\s*/, '').trim());
  const telling = lines.find((line) => /error while loading shared libraries|cannot open|FATAL|not found/i.test(line));
  return (telling ?? lines[0] ?? 'unknown reason').slice(0, 300);
}
