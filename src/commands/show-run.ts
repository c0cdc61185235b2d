import type { RunView } from '../runs/run.ts';
import { EXIT } from './command-failed.ts';

const MARK: Record<string, string> = { passed: '✔', failed: '✘', unknown: '?' };

function seconds(from: string | null, to: string | null): string | null {
  if (!from || !to) return null;
  return `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`;
}

/** A final run for people: verdict first, then why, then what shows it. */
export function runLines(run: RunView): string[] {
  const { identifier, password, code } = run.submissions;
  const judged = seconds(run.started_at, run.judged_at);
  const whole = seconds(run.started_at, run.finished_at);
  return [
    `${MARK[run.verdict ?? 'unknown']} ${run.verdict ?? 'unknown'}: ${run.outcome ?? run.status}`,
    ...(run.failure_reason ? [`  ${run.failure_reason}`] : []),
    ...(run.site_message ? [`  The site says: “${run.site_message}”`] : []),
    ...run.evidence.map(({ weight, text }) => `  ${weight > 0 ? '+' : ''}${weight}  ${text}`),
    `  submitted: identifier ${identifier}, password ${password}, code ${code}`,
    ...(judged ? [`  judged after ${judged}, finished after ${whole}`] : []),
    ...(run.browser_profile_id ? [`  browser profile ${run.browser_profile_id}`] : []),
    ...(run.browser_profile_failure_reason ? [`  no browser profile: ${run.browser_profile_failure_reason}`] : []),
  ];
}

/** 0 passed, 1 failed, 3 unknown. */
export function exitCodeOf(run: RunView): number {
  if (run.verdict === 'passed') return EXIT.passed;
  return run.verdict === 'failed' ? EXIT.failed : EXIT.couldNotRun;
}
