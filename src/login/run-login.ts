import type { Page } from 'playwright';
import { judgeAfterSubmit } from './after-submit.ts';
import { trustOrigins } from './check-places.ts';
import { Consequences } from './consequences.ts';
import { keepPageCopy } from './copy-page.ts';
import { fuseEnding, lostEnding } from './fuse.ts';
import { Heard } from './heard.ts';
import { Ended, type Ending, type LoginRun, note, secretOf } from './login-run.ts';
import { deniedEnding, openPage } from './open-page.ts';
import type { LoginOutcome } from './outcome.ts';
import { asksToLogIn } from './page-state.ts';
import type { LoginPorts, LoginTask } from './ports.ts';
import { Progress, StepLimit } from './progress.ts';
import { saveSession } from './save-session.ts';
import { takeScreenshot } from './screenshot.ts';
import { classifyLook, type SeenPage } from './seen-page.ts';
import { clockOffsetBy } from './site-clock.ts';
import { awaitApproval } from './strategies/approval.ts';
import {
  answerInterstitial,
  askedQuestion,
  chooseMethod,
  nextWay,
  onlyOtherMethods,
  openForm,
  uncover,
} from './strategies/clear-the-way.ts';
import { submitCredentials } from './strategies/credentials.ts';
import { extraFieldsIn, submitExtra } from './strategies/extra-fields.ts';
import { answerHttpAuth, asksHttpAuth } from './strategies/http-auth.ts';
import { followMail, openLink } from './strategies/magic-link.ts';
import { submitCode } from './strategies/one-time-code.ts';
import { needsPasskey, passkeyControl, readyPasskey, rememberUnseen, usePasskey } from './strategies/passkey.ts';
import { followPlan, withSender } from './strategies/planned.ts';
import { landingOf, marksOf, provenBy } from './success.ts';
import { enterWindow, followAnswer, leaveWindow } from './windows.ts';

export { TimeLimit } from './progress.ts';

/** How long a page may take to show a form or a way to one. */
const FORM_MS = 10_000;
/** A page that has not changed for this long has shown what it has. */
const SETTLED_MS = 600;

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
    fuse: null,
    watch: null,
    submittedAt: null,
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

/** A saved session is looked at before any form is touched. Null when it does not prove itself. */
async function checkSession(run: LoginRun): Promise<Ending | null> {
  const url = run.task.check_url ?? run.task.url;
  const opened = await openPage(run, run.page, url);
  if ('ending' in opened) return run.task.check_url === null ? opened.ending : null;
  const page = await settledPage(run, (seen) => asksToLogIn(seen.state) || showsSession(run, seen));
  if (asksToLogIn(page.state) || page.state.kind === 'code_step') {
    note(run, 'session_over', 0, 'The saved session is over: the page asks for a login.');
    return null;
  }
  const live = await liveSession(run);
  run.comparisons = 0;
  return live;
}

/** What is shown without anything having been typed is the saved session, where a clean context does not show it. */
async function liveSession(run: LoginRun): Promise<Ending | null> {
  run.comparisons += 1;
  const landing = landingOf(run.page.url(), run.task.url);
  const proven = await run.progress.part('control', () => provenBy(run, landing, landing === run.page.url()));
  return proven ? { code: 'already_logged_in', landingUrl: landing } : null;
}

function showsSession(run: LoginRun, { look }: SeenPage): boolean {
  return marksOf(look.observation, run.secret?.username ?? '').length > 0;
}

const UNREADABLE = {
  closed_shadow_root: 'A component with a closed shadow root',
  canvas: 'A drawing on a canvas',
  not_rendered: "A password's field that is not rendered",
} as const;

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
  run.quietSince = performance.now();
  using changes = new Consequences(run.page);
  for (;;) {
    await run.progress.part('answer', async () => run.fuse?.idle());
    const stopped = deniedEnding(run) ?? fuseEnding(run) ?? lostEnding(run);
    if (stopped) return stopped;
    leaveWindow(run);
    changes.follow(run.page);
    const page = await run.progress.part('observe', () => classifyLook(run.page));
    const { look } = page;
    if (run.submittedAt !== null) await run.progress.part('observe', () => run.heard.listen(run.page));
    if (run.fuse?.busy) {
      look.dispose();
      continue;
    }
    const now = `${look.observation.url} ${look.observation.lines.length} ${look.observation.fields.length} ${look.observation.buttons.length}`;
    if (now !== content) run.quietSince = performance.now();
    content = now;
    rememberUnseen(run, page);
    if (run.watch?.answered) run.answeredAt ??= performance.now();
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

/** Before anything was submitted: finds the form, clears the way to it, fills it in. */
async function approach(run: LoginRun, page: SeenPage, status: number): Promise<Ending | null> {
  const { look, state } = page;
  const quiet = performance.now() - run.quietSince;
  if (needsPasskey(run)) {
    // The page may ask by itself in a moment.
    if (quiet < SETTLED_MS) return null;
    const control = passkeyControl(run, page);
    if (control?.covered && (await uncover(run, look))) return null;
    if (control) {
      await usePasskey(run, page, control);
      return null;
    }
  }
  if (asksToLogIn(state) || state.kind === 'code_step') {
    const { password, identifier, code, submit } = state.fields;
    const field = password ?? identifier ?? code[0];
    if (field?.element.covered || submit?.element.covered) {
      if (await uncover(run, look)) return null;
      if (quiet < SETTLED_MS) return null;
    }
    if (look.observation.captchas.length > 0) {
      note(run, 'captcha', -4, `The login form shows a captcha (${look.observation.captchas.join(', ')}).`);
      return { code: 'captcha', rule: 'asks_for_more' };
    }
    const way = state.fields.password ? null : nextWay(run, look, false);
    if (way) {
      await chooseMethod(run, look, way);
      return null;
    }
    trustOrigins(run);
    if (state.kind === 'code_step' && run.begun.size === 0 && quiet < FORM_MS) return null;
    await fillAndSend(run, page, state.kind === 'code_step' ? 'code' : 'password');
    return null;
  }
  if (quiet < SETTLED_MS) return null;
  if (await enterWindow(run)) {
    run.quietSince = performance.now();
    return null;
  }
  const live = run.task.goal === 'check_first' && run.comparisons === 0 && showsSession(run, page);
  const ending = live ? await liveSession(run) : null;
  if (ending) return ending;
  const question = state.kind === 'interstitial' ? await askedQuestion(run, look) : null;
  if (question && (await answerInterstitial(run, look, question))) return null;
  const password = nextWay(run, look, false);
  if (password && (await chooseMethod(run, look, password))) return null;
  const extras = run.begun.has('extra') ? [] : extraFieldsIn(run, look.observation, []);
  if (extras.length > 0) {
    trustOrigins(run);
    await submitExtra(run, look, extras);
    return null;
  }
  if (await openForm(run, look)) return null;
  const other = nextWay(run, look, true);
  if (other && (await chooseMethod(run, look, other))) return null;
  const passkey = passkeyControl(run, page, true);
  if (passkey) {
    await usePasskey(run, page, passkey);
    return null;
  }
  const methods = onlyOtherMethods(look, state);
  if (methods.length > 0) {
    note(run, 'other_methods', -2, `Only other methods are offered: ${methods.slice(0, 5).join(', ')}.`);
    return { code: 'unsupported_method', details: { methods: methods.slice(0, 5) }, rule: 'asks_for_more' };
  }
  if (state.kind === 'captcha') {
    note(run, 'captcha', -4, `The page shows a captcha (${look.observation.captchas.join(', ')}).`);
    return { code: 'captcha', rule: 'asks_for_more' };
  }
  if (quiet < (run.tried.size > 0 ? FORM_MS / 2 : FORM_MS / 4)) return null;
  if (status >= 400) {
    note(run, 'http_status', -1, `The login page answered ${status}.`);
    return { code: 'unreachable', details: { kind: 'http', status } };
  }
  const planned = await followPlan(run, 'find_login');
  if (planned !== null) return planned === 'acted' ? null : planned;
  note(run, 'no_form', -2, `There is nothing to log in with: ${state.reasons.join(', ')}.`);
  for (const { kind, text } of look.observation.unreadable.slice(0, 3)) {
    note(run, kind, 0, `${UNREADABLE[kind]}${text === '' ? '' : ` (${text})`} may hold the login, and cannot be read.`);
  }
  return { code: 'not_a_login_page' };
}

/** After a submission: what the page makes of it. */
async function respond(run: LoginRun, page: SeenPage): Promise<Ending | null> {
  if (await followAnswer(run, page)) return null;
  const verdict = await judgeAfterSubmit(run, page);
  if (verdict.next === 'end')
    return verdict.ending.code === 'inconclusive' ? unsure(run, verdict.ending) : verdict.ending;
  if (verdict.next === 'wait') return null;
  const { look } = page;
  if (verdict.strategy === 'interstitial') {
    const question = await askedQuestion(run, look);
    if (question && (await answerInterstitial(run, look, question))) return null;
    // The answer is on its way for a moment.
    if (performance.now() - run.quietSince < FORM_MS / 2) return null;
    return {
      code: 'needs_more_information',
      details: { field: look.observation.headings[0] ?? 'a question' },
      rule: 'asks_for_more',
    };
  }
  if (verdict.strategy === 'magic_link') return followMail(run, look, verdict.said);
  if (verdict.strategy === 'approval') {
    await awaitApproval(run, verdict.asked, look.observation);
    return null;
  }
  if (verdict.strategy === 'method') {
    await chooseMethod(run, look, verdict.button);
    return null;
  }
  if (verdict.strategy === 'passkey') {
    await usePasskey(run, page, verdict.button);
    return null;
  }
  // A provider on another host the login led to before the password was typed.
  trustOrigins(run);
  if (verdict.strategy === 'extra') await submitExtra(run, look, verdict.extras);
  else await fillAndSend(run, page, verdict.strategy);
  return null;
}

/** "Cannot tell" after a submission: the planner may know how to go on, or what the page says. */
async function unsure(run: LoginRun, ending: Ending): Promise<Ending | null> {
  const planned = await followPlan(run, run.submissions.password > 0 ? 'judge' : 'what_now');
  return planned === 'acted' ? null : (planned ?? ending);
}

async function fillAndSend(run: LoginRun, seen: SeenPage, strategy: 'password' | 'code'): Promise<void> {
  const page = await withSender(run, seen);
  try {
    if (strategy === 'code') await submitCode(run, page.look, page.state);
    else await submitCredentials(run, page.look, page.state);
  } finally {
    if (page !== seen) page.look.dispose();
  }
}

async function settledPage(run: LoginRun, enough: (seen: SeenPage) => boolean): Promise<SeenPage> {
  using changes = new Consequences(run.page);
  const started = performance.now();
  let quietSince = started;
  let content = '';
  for (;;) {
    const seen = await run.progress.part('observe', () => classifyLook(run.page));
    const now = `${run.page.url()} ${seen.look.observation.lines.length} ${seen.look.observation.buttons.length}`;
    if (now !== content) quietSince = performance.now();
    content = now;
    const quiet = performance.now() - quietSince;
    if (enough(seen) || quiet > SETTLED_MS || performance.now() - started > FORM_MS) return seen;
    seen.look.dispose();
    await run.progress.part('wait', () => changes.next(250));
  }
}

/** Puts the outcome together; after a login, keeps the session. */
async function conclude(run: LoginRun, ending: Ending): Promise<LoginOutcome> {
  const judgedAt = Date.now();
  await run.passkey.held?.withdraw();
  const loggedIn = ending.code === 'logged_in' || ending.code === 'already_logged_in';
  const artifact = await takeScreenshot(run);
  const first = run.evidence[0];
  if (artifact && first) first.artifact = artifact;
  if (!loggedIn) await keepPageCopy(run);
  const saved = loggedIn ? await keepSession(run, ending) : { session: null, failure: null };
  return {
    code: ending.code,
    details: ending.code === 'wrong_code' ? clockOf(run) : (ending.details ?? null),
    site_message: ending.message ?? null,
    evidence: run.evidence,
    rule: ending.rule ?? null,
    password_proven: ending.passwordProven ?? false,
    submissions: { ...run.submissions },
    steps: run.progress.steps,
    stage: run.progress.stage,
    landing_url: ending.landingUrl ?? null,
    origins: [...run.origins],
    session: saved.session,
    session_failure: saved.failure,
    judged_at: judgedAt,
    timings: run.progress.timings,
  };
}

/** What a refused code is explained by. */
function clockOf(run: LoginRun): { clock_offset_ms: number | null } {
  return { clock_offset_ms: clockOffsetBy(run.watch?.response ?? null) ?? run.clockOffset };
}

async function keepSession(run: LoginRun, ending: Ending) {
  if (ending.code === 'logged_in' && !run.task.save_session) return { session: null, failure: null };
  const landing = ending.landingUrl ?? run.task.url;
  const state = await run.progress.part('capture', () => hasSession(run));
  if (!state) return { session: null, failure: 'no_session' };
  if (ending.code === 'logged_in') return saveSession(run, landing);
  // Used again just now, so it works; its tokens may have rotated and are written back.
  const session = await run.progress.part('capture', () => run.ports.captureSession(run.page.context()));
  return { session: { ...session, landing_url: landing }, failure: null };
}

/** HTTP authentication leaves nothing behind that could be restored. */
async function hasSession(run: LoginRun): Promise<boolean> {
  return run.watch !== null || run.task.goal === 'check_first';
}
