import type { LoginRun } from './login-run.ts';

const TIMEOUT_MS = 5_000;
const NAME = 'final.png';

/** A picture of the last page: what was typed into fields and any text that holds a secret is painted over. */
export async function takeScreenshot(run: LoginRun): Promise<string | null> {
  const { page, progress } = run;
  try {
    const mask = [page.locator('input, textarea'), ...[...run.secrets].map((secret) => page.getByText(secret))];
    const bytes = await progress.part('screenshot', () =>
      page.screenshot({ mask, timeout: TIMEOUT_MS, animations: 'disabled' }),
    );
    run.ports.artifact(NAME, bytes);
    return NAME;
  } catch (error) {
    if (progress.signal.aborted) throw error;
    // A page that cannot be pictured (closed, stuck) is judged all the same.
    return null;
  }
}
