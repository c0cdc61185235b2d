import type { Page } from 'playwright';
import { approach } from './approach.ts';
import { trustOrigins } from './check-places.ts';
import { conclude } from './conclude.ts';
import { Consequences } from './consequences.ts';
import { fuseEnding, lostEnding } from './fuse.ts';
import { Heard } from './heard.ts';
import { Ended, type Ending, type LoginRun, secretOf } from './login-run.ts';
import { deniedEnding, openPage } from './open-page.ts';
import type { LoginOutcome } from './outcome.ts';
import type { LoginPorts, LoginTask } from './ports.ts';
import { Progress, StepLimit } from './progress.ts';
import { respond } from './respond.ts';
import { classifyLook } from './seen-page.ts';
import { checkSession } from './session-check.ts';
import { clockOffsetBy } from './site-clock.ts';
import { answerHttpAuth, asksHttpAuth } from './strategies/http-auth.ts';
import { openLink } from './strategies/magic-link.ts';
import { readyPasskey, rememberUnseen } from './strategies/passkey.ts';
import { leaveWindow } from './windows.ts';

export { TimeLimit } from './progress.ts';

/** So many looks in a row at a page that went meanwhile are dropped. */
const MAX_OUTDATED = 3;
/** So many destinations of a page are remembered. */
const MAX_KNOWN = 200;

/**
 * Logs in once. Looks at the page, lets a strategy act, looks again, until it is clear what the site says. A site's
 * refusal is returned; our own failure, the run's abort and TimeLimit are thrown.
 */
export async function runLogin(
  page: Page,
  task: LoginTask,
  ports: LoginPorts,
  signal: AbortSignal,
): Promise<LoginOutcome> {
  const progress = new Progress(task.limits, signal);
  const run: LoginRun = {
    page,
    task,
    ports,
    progress,
    origins: new Set(task.allowed_origins),
    evidence: [],
    submissions: { identifier: 0, password: 0, code: 0 },
    secrets: new Set(),
    secret: null,
    begun: new Set(),
    passkey: { held: null, unfit: new Set(), clicked: false, unseen: false, tookOver: false, first: false },
    factor: { chosen: null, sent: false, sought: false },
    fuse: null,
    changes: null,
    known: new Set(),
    sendsBefore: 0,
    watch: null,
    submittedAt: null,
    doubtful: false,
    challengedSince: Date.now(),
    clockOffset: null,
    lastStages: [],
    answeredAt: null,
    identifierPlace: null,
    plannedPlace: null,
    answered: new Set(),
    tried: new Set(),
    inWindow: false,
    heard: new Heard(),
    approvalAwaited: false,
    comparisons: 0,
    quietSince: performance.now(),
    before: { lines: new Set(), messages: new Set() },
    control: null,
    plannerOver: false,
    originsFixed: false,
  };
  try {
    const ending = await reachEnd(run);
    // What was stopped while the outcome was being found is part of it.
    return await conclude(run, fuseEnding(run) ?? ending);
  } finally {
    run.watch?.[Symbol.dispose]();
    progress.end();
  }
}

async function reachEnd(run: LoginRun): Promise<Ending> {
  try {
    if (run.task.goal === 'check_first') {
      const live = await checkSession(run);
      if (live) return live;
    }
    return await logIn(run);
  } catch (error) {
    if (run.progress.signal.aborted) throw run.progress.signal.reason;
    if (error instanceof Ended) return error.ending;
    if (error instanceof StepLimit) return { code: 'step_limit' };
    throw error;
  }
}

/** Opens the login page, or the secret address the run begins at, which is a submission of its own. */
async function openStart(run: LoginRun): Promise<Awaited<ReturnType<typeof openPage>>> {
  const { start_url: address } = run.task.url_is_secret ? await secretOf(run) : { start_url: null };
  if (address === null) return openPage(run, run.page, run.task.url);
  if (run.task.allowed_origins.length === 0) run.origins.add(new URL(run.task.url).origin);
  run.progress.step();
  const ending = await openLink(run, null, address);
  return ending ? { ending } : { response: run.watch?.response ?? null };
}

/** Opens the login page and does one thing after the other until the site has answered. */
async function logIn(run: LoginRun): Promise<Ending> {
  using changes = new Consequences(run.page, {
    told: (destination) => {
      if (run.submittedAt === null && !run.watch?.sending && run.known.size < MAX_KNOWN) run.known.add(destination);
    },
  });
  run.changes = changes;
  await readyPasskey(run, run.task.url);
  const opened = await openStart(run);
  if ('ending' in opened) return opened.ending;
  run.clockOffset = clockOffsetBy(opened.response);
  if (asksHttpAuth(opened.response)) {
    trustOrigins(run);
    const { ending, page } = await answerHttpAuth(run, run.task.url);
    run.page = page;
    return ending;
  }
  let content = '';
  let outdated = 0;
  run.quietSince = performance.now();
  for (;;) {
    await run.progress.part('answer', async () => run.fuse?.idle());
    const stopped = deniedEnding(run) ?? fuseEnding(run) ?? lostEnding(run);
    if (stopped) return stopped;
    leaveWindow(run);
    changes.follow(run.page);
    run.passkey.tookOver = false;
    const { navigations } = changes;
    const page = await run.progress.part('observe', () => classifyLook(run.page));
    const { look } = page;
    if (run.submittedAt !== null) await run.progress.part('observe', () => run.heard.listen(run.page));
    // The page that was seen is gone already: it says nothing about the answer that has come. One that never stands
    // still is taken as it is.
    if (changes.navigations !== navigations && outdated < MAX_OUTDATED) {
      outdated += 1;
      look.dispose();
      continue;
    }
    outdated = 0;
    if (run.fuse?.busy) {
      look.dispose();
      continue;
    }
    const now = `${look.observation.url} ${look.observation.lines.length} ${look.observation.fields.length} ${look.observation.buttons.length}`;
    if (now !== content) run.quietSince = performance.now();
    content = now;
    rememberUnseen(run, page);
    // What was answered first may not have been the submission.
    run.answeredAt = run.watch?.answered ? (run.answeredAt ?? performance.now()) : null;
    await readyPasskey(run, look.observation.url);
    const before = { steps: run.progress.steps, actions: run.progress.actions };
    const ending =
      run.submittedAt === null ? await approach(run, page, opened.response?.status() ?? 0) : await respond(run, page);
    look.dispose();
    if (ending) return ending;
    const acted = run.progress.steps !== before.steps || run.progress.actions !== before.actions;
    if (acted) {
      run.quietSince = performance.now();
      run.answeredAt = null;
    } else {
      await run.progress.part('wait', () => (run.watch ?? changes).next(250));
    }
  }
}
