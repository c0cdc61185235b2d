import type { Page } from 'playwright';
import { fold } from '../fold.ts';
import { Consequences, lookUntil } from './consequences.ts';
import { usable } from './fields/form-group.ts';
import { says, spread } from './fields/words.ts';
import { isLogOut } from './log-out.ts';
import { type LoginRun, note } from './login-run.ts';
import type { Observation } from './observation.ts';
import { type Look, observe } from './observe.ts';
import { asksToLogIn, classify, opensLogin, type PageState } from './page-state.ts';
import { OPEN_MS } from './patience.ts';
import { unfinished } from './unfinished.ts';

/** A sign of a session on a page. `key` compares it with the same page without the session. */
export interface Mark {
  signal: 'log_out_control' | 'account_menu' | 'welcome' | 'username_shown';
  key: string;
  text: string;
}

const WEIGHT: Record<Mark['signal'], number> = { log_out_control: 4, username_shown: 3, account_menu: 2, welcome: 2 };

/** The signs of a session that a page shows. Pure. */
export function marksOf(observation: Observation, username: string): Mark[] {
  const marks: Mark[] = [];
  for (const button of observation.buttons) {
    const words = `${button.text} ${spread(button.name)} ${spread(button.id)}`;
    // A log-out entry in a closed menu counts as well: it is in the page only for who is logged in.
    if (isLogOut(button, observation.forms))
      marks.push({ signal: 'log_out_control', key: 'log_out', text: button.text || button.href });
    else if (button.visible && says('accountMenu', words) && !says('register', words) && !says('submit', button.text)) {
      marks.push({ signal: 'account_menu', key: fold(button.text || button.id), text: button.text || button.id });
    }
  }
  for (const line of [...observation.headings, ...observation.lines]) {
    if (says('welcome', line) && line.length <= 160) marks.push({ signal: 'welcome', key: fold(line), text: line });
  }
  const name = fold(username);
  const local = name.includes('@') ? (name.split('@')[0] ?? name) : name;
  if (local.length >= 3) {
    const shown = [
      ...observation.lines,
      ...observation.buttons.filter((button) => button.visible).map((button) => button.text),
    ];
    const line = shown.find((text) => standsIn(fold(text), local));
    if (line) marks.push({ signal: 'username_shown', key: 'username', text: line });
  }
  return marks;
}

/**
 * Whether a name stands in a text by itself: three letters are soon found within a hash or an id, and a page that shows
 * one of those is not the account's. What follows in a script of its own (a Japanese suffix) is no part of the name.
 */
function standsIn(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const joined = JOINED.test(text.slice(0, at).at(-1) ?? '') && JOINED.test(name.at(0) ?? '');
    const goesOn = JOINED.test(text.at(at + name.length) ?? '') && JOINED.test(name.at(-1) ?? '');
    if (!joined && !goesOn) return true;
  }
  return false;
}

const JOINED = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}_+=-]/u;

/** The page offers to log in: a form, or a control that opens one. */
export function offersLogin(observation: Observation, state: PageState): boolean {
  return asksToLogIn(state) || observation.buttons.some(opensLogin);
}

/** Parameters of a callback: they belong to one exchange and are never sent again. */
const CALLBACK = [
  'code',
  'state',
  'token',
  'ticket',
  'SAMLResponse',
  'id_token',
  'access_token',
  'session_state',
  'otp',
  'nonce',
];
const LEADS_AWAY = /log-?_?out|sign-?_?out|log-?_?off|delete|remove|confirm|unsubscribe|cancel/i;

/** Whether an address looks as if opening it ended or changed something. */
export function leadsAway(path: string): boolean {
  return LEADS_AWAY.test(path);
}

const SESSION_ID = /([;?&](jsessionid|phpsessid|sessionid|session_id|session|sid|auth|key)=)[^&#;]+/gi;

/**
 * The address to reopen, without session ids; the start page when it is the answer of an identity provider, when it would
 * lead away, or when it holds what was typed (a form sent by GET), because opening it would submit that again.
 */
export function landingOf(pageUrl: string, startUrl: string, secrets: Iterable<string> = []): string {
  const url = URL.parse(pageUrl);
  const values = url ? [...url.searchParams.values()] : [];
  if ([...secrets].some((secret) => values.includes(secret) || (secret.length >= 12 && pageUrl.includes(secret))))
    return startUrl;
  if (!url || !/^https?:$/.test(url.protocol) || leadsAway(`${url.pathname}${url.search}`)) {
    return startUrl;
  }
  // What answered once is no page to come back to: without its parameters it answers with an error.
  if (CALLBACK.some((name) => url.searchParams.has(name))) return startUrl;
  return url.href.replace(SESSION_ID, '').replace(/[?&]$/, '');
}

/** At most this many other pages are looked at. */
const MAX_OTHER_PAGES = 3;

/**
 * Pages of the same site where a session would show although the login page does not: what its links call the account,
 * the folder the login page lies in, and the start page. By GET, and none that could change anything.
 */
export function otherPages(observation: Observation, startUrl: string): string[] {
  const here = URL.parse(observation.url);
  const start = URL.parse(startUrl);
  if (!here || !start) return [];
  const links = observation.buttons
    .filter(
      (button) =>
        button.visible &&
        button.href !== '' &&
        says('accountMenu', button.text) &&
        !isLogOut(button, observation.forms),
    )
    .map(({ href }) => href);
  const seen = new Set([here.href, start.href]);
  const found: string[] = [];
  for (const path of [...links, './', '/']) {
    const url = URL.parse(path, here.href);
    if (!url || url.origin !== here.origin || seen.has(url.href) || leadsAway(`${url.pathname}${url.search}`)) continue;
    seen.add(url.href);
    found.push(url.href);
  }
  return found.slice(0, MAX_OTHER_PAGES);
}

/** A page without a session shows what it has soon; one that renders late is waited for. */
const CONTROL_MS = 10_000;
const CONTROL_QUIET_MS = 700;
/** So long a page is waited for whose script waits for something; one that always does has shown what it has. */
const CONTROL_LOADING_MS = 4_000;

/** The landing page did not open a second time or does not answer, so nothing can be compared. */
export class NotReopened extends Error {
  override readonly name = 'NotReopened';
}

/** Opens the landing page and looks until it shows whether it wants a login. Types nothing, clicks nothing. Throws NotReopened. */
export async function reopen(run: LoginRun, page: Page, url: string, username: string) {
  using changes = new Consequences(page);
  const response = await page
    .goto(url, { waitUntil: 'domcontentloaded', timeout: OPEN_MS, signal: run.progress.signal })
    .catch((error: unknown) => {
      if (run.progress.signal.aborted) throw error;
      throw new NotReopened();
    });
  const started = performance.now();
  let lines = -1;
  let quietSince = started;
  const enough = ({ observation, silent }: Look): boolean => {
    if (silent.length > 0) return false;
    if (offersLogin(observation, classify(observation)) || marksOf(observation, username).length > 0) return true;
    const count = observation.lines.length + observation.buttons.length;
    if (count !== lines) quietSince = performance.now();
    lines = count;
    const now = performance.now();
    if (changes.loading && now - started < CONTROL_LOADING_MS) return false;
    return count > 0 && !unfinished(observation) && now - quietSince > CONTROL_QUIET_MS;
  };
  const look = await lookUntil(page, CONTROL_MS, enough, changes);
  return seenIn(look, response?.status() ?? 0, username);
}

/** What is compared of a look, which is over then. Throws NotReopened where the page itself did not answer. */
function seenIn(look: Look, status: number, username: string) {
  const { observation, silent } = look;
  look.dispose();
  if (silent.includes(0)) throw new NotReopened();
  const state = classify(observation);
  return {
    status,
    state,
    observation,
    /** A frame did not answer, so there may be more than was seen. */
    partly: silent.length > 0,
    offersLogin: offersLogin(observation, state),
    marks: marksOf(observation, username),
  };
}

/**
 * Whether the page shows a session that a context without it does not: GET against GET. The landing page is opened in a
 * clean context, and what is there only with the session is the proof. Where what is shown is not the answer to a GET
 * (a page rendered for a POST, or by script), the landing page is opened again with the session too. Nothing that looks
 * the same in both counts.
 */
export async function provenBy(run: LoginRun, landing: string, shownByGet: boolean): Promise<boolean> {
  const username = run.secret?.username ?? '';
  const control = await (run.control ?? run.ports.openContext({}));
  run.control = null;
  const compare = async () => {
    const [without, again] = await Promise.all([
      reopen(run, control.page, landing, username),
      shownByGet ? null : reopen(run, run.page, landing, username),
    ]);
    // Looked at after the comparison: an error that came late is not a success. Its status was judged when it came.
    return { without, now: again ?? seenIn(await observe(run.page), 200, username) };
  };
  const compared = await compare()
    .catch((error: unknown) => {
      if (!(error instanceof NotReopened)) throw error;
      note(run, 'not_reopened', -1, 'The page could not be opened a second time, so nothing could be compared.');
      return null;
    })
    .finally(() => control.page.context().close());
  if (!compared) return false;
  const { without, now } = compared;
  const known = new Set(without.marks.map((mark) => mark.key));
  const unseen = unseenIn(without);
  if (unseen !== null) note(run, 'not_reopened', -1, unseen);
  const proofs = unseen === null ? now.marks.filter((mark) => !known.has(mark.key)) : [];
  for (const mark of uniqueSignals(proofs)) {
    note(run, mark.signal, WEIGHT[mark.signal], `"${mark.text}" is there with the session and not without it.`);
  }
  const other = otherIdentity(now.observation, without.observation, username);
  if (other !== null) {
    note(run, 'other_identity', -1, `The page shows ${other} with the session, and not the name that was typed.`);
  }
  const asks = asksToLogIn(now.state);
  let proven = proofs.length > 0 && !asks;
  if (without.offersLogin && !now.offersLogin && now.status < 400 && !now.partly) {
    note(
      run,
      'login_only_without_session',
      3,
      'The same address asks for a login in a clean context and not in this one.',
    );
    proven = true;
  }
  if ([401, 403].includes(without.status) && now.status < 400 && !asks && !now.partly) {
    note(run, 'refused_without_session', 3, `The same address answers ${without.status} in a clean context.`);
    proven = true;
  }
  const doubt = proven && !proofs.some(({ signal }) => SURE.includes(signal)) ? doubtOf(now.observation, run) : null;
  if (doubt !== null) {
    note(run, 'doubtful', -3, doubt);
    proven = false;
  }
  if (asks) note(run, 'session_not_kept', -3, 'The page asked for a login again when it was opened once more.');
  else if (!proven && doubt === null && unseen === null)
    note(run, 'same_without_session', -3, 'The page shows nothing that a clean context does not show too.');
  return proven;
}

/** Why what a clean context was seen to show is no measure of what it does not show; null when it is one. */
function unseenIn({ partly, status, observation }: ReturnType<typeof seenIn>): string | null {
  if (partly) return 'A part of the page did not answer in a clean context, so nothing could be compared.';
  const { fields, buttons, headings, lines } = observation;
  const blank = headings.length + lines.length === 0 && ![...fields, ...buttons].some(({ visible }) => visible);
  return blank && status < 400 ? 'The page stayed blank in a clean context, so nothing could be compared.' : null;
}

/** What only somebody who is logged in is shown. A name, or no form, can also belong to a step that is not over. */
const SURE: readonly Mark['signal'][] = ['log_out_control', 'account_menu', 'welcome'];
/** A page with more controls than this is no step of a login. */
const SMALL_PAGE = 8;

/**
 * Why a page that a clean context does not show may all the same be a question or a refusal, in words we do not know;
 * null when it does not look like one.
 */
function doubtOf({ fields, buttons, url }: Observation, run: LoginRun): string | null {
  const shown = buttons.filter((button) => button.visible && !button.disabled);
  if (shown.length >= SMALL_PAGE) return null;
  const open = fields.filter(usable).find((field) => field.value_length === 0 && field.type !== 'search');
  if (open) return 'The page is there only with the session, but asks for something.';
  const start = URL.parse(run.task.url)?.pathname;
  const back = shown.find(({ href }) => href !== '' && URL.parse(href, url)?.pathname === start);
  if (back) return `The page is there only with the session, but leads back to the login ("${back.text}").`;
  return shown.length < 2 ? 'The page is there only with the session, but offers nothing to do.' : null;
}

const ADDRESS = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;

/** An e-mail address that is there only with the session and is not the one that was typed; null when there is none. */
export function otherIdentity(shown: Observation, without: Observation, username: string): string | null {
  if (!username.includes('@')) return null;
  const addressesOf = ({ lines }: Observation) =>
    lines.flatMap((line) => line.match(ADDRESS) ?? []).map((address) => address.toLowerCase());
  const always = new Set(addressesOf(without));
  const own = addressesOf(shown).filter((address) => !always.has(address));
  return own.includes(username.toLowerCase()) ? null : (own[0] ?? null);
}

function uniqueSignals(marks: readonly Mark[]): Mark[] {
  return marks.filter((mark, index) => marks.findIndex((other) => other.signal === mark.signal) === index);
}
