import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
const open: SmallSite[] = [];
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());
afterEach(() => Promise.all(open.splice(0).map((site) => site.close())));

const LOGIN = { username: 'ada', password: 'kt-restless-password-1' };

const FORM = `<form method="post" action="/in"><label>Username <input name="username"></label>
  <label>Password <input type="password" name="password"></label><button>Sign in</button></form>`;

/** Runs in the page: `anew` makes the form anew, `once` does something in the first document only. */
const HELPERS = `
  const anew = () => { document.querySelector('main').innerHTML = document.querySelector('template').innerHTML; };
  const once = (work) => { if (!sessionStorage.done) { sessionStorage.done = '1'; work(); } };
  const onPassword = (work) => addEventListener('input', ({ target }) => { if (target.type === 'password') work(); });`;

/** Reports each key and each click, as what looks for robots does. */
const WATCHED = `for (const kind of ['keydown', 'input', 'mousedown', 'mouseup', 'click'])
  addEventListener(kind, () => fetch('/kD3x/1a', { method: 'POST', body: String(Math.random()) }), true);`;

/** Sends the form by script, `later` milliseconds after it was submitted; sealed: so that nobody knows a secret in it. */
const sendBy = (to: string, later = 0, sealed = false) => `
  const seal = (text) => { const bytes = new TextEncoder().encode(text), pad = crypto.getRandomValues(new Uint8Array(bytes.length));
    return [pad, bytes.map((byte, at) => byte ^ pad[at])].map((part) => part.toHex()).join('.'); };
  document.forms[0].addEventListener('submit', (event) => { event.preventDefault(); setTimeout(async () => {
    const body = new URLSearchParams(new FormData(event.target));
    if (${sealed}) body.set('password', seal(body.get('password')));
    await fetch('${to}', { method: 'POST', body }); location.href = '/account'; }, ${later}); });`;

/** What a page has sealed by `sendBy`. */
function opened(text: string): string {
  const [pad, bytes] = text.split('.').map((part) => Buffer.from(part, 'hex'));
  return pad && bytes && pad.length > 0 ? bytes.map((byte, at) => byte ^ (pad[at] ?? 0)).toString() : text;
}

/** Sends the form by script and goes on by another. */
const goesTo = (next: string): string => `document.forms[0].addEventListener('submit', async (event) => {
  event.preventDefault(); await fetch('/in', { method: 'POST', body: new URLSearchParams(new FormData(event.target)) }); ${next} });`;

/** Asks who is there, for as many seconds as its address says, before it shows more than its name. */
const APP = `<!doctype html><h1>Bank</h1><main></main><script>fetch('/late' + location.search).then(() => {
  document.querySelector('main').innerHTML = '<h2>Hello ada</h2><a href="/out">Log out</a>'; });</script>`;

const PASSWORD_FORM = `<form method="post" action="/in"><input type="hidden" name="username" value="ada">
  <label>Password <input type="password" name="password"></label><button>Sign in</button></form>`;

const CODE_FORM = `<form method="post" action="/code"><label>Verification code <input name="code" autocomplete="one-time-code"></label>
  <button>Verify</button></form>`;
const CODE_BOXES = `<form method="post" action="/code"><p>Enter the verification code</p>${'<input class="digit" name="d" maxlength="1" size="1" inputmode="numeric" autocomplete="one-time-code">'.repeat(6)}
  <button>Verify</button></form>`;

interface Restless extends SmallSite {
  /** Bodies of the forms that arrived. */
  sent: URLSearchParams[];
  /** The login page goes to the next, which is then on its way for a second. */
  leave(): Promise<void>;
}

/** A page that does something of its own while it is filled in. */
interface Page {
  form: string;
  script: string;
}

const page = (title: string, { form, script }: Page): string =>
  `<!doctype html><h1>${title}</h1><main>${form}</main><template>${form}</template><script>${HELPERS}${script}</script>`;

/** A site with a login page, and after it one that asks for a code where there is one; `between`: a page that is shown first. */
async function restlessSite(login: Page, code: Page | null = null, between = ''): Promise<Restless> {
  const sent: URLSearchParams[] = [];
  const told = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const moved = (response: ServerResponse, location: string, cookie = ''): void => {
    response.writeHead(303, { location, ...(cookie && { 'set-cookie': `sid=${cookie}; Path=/` }) }).end();
  };
  const site = await startSmallSite((request, response) => {
    const step = /sid=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? 'none';
    if (request.method === 'POST' && !/^\/(in|code)\b/.test(request.url ?? '')) {
      response.end();
      return undefined;
    }
    if (request.method === 'POST') {
      void readText(request).then(async (body) => {
        const fields = new URLSearchParams([...new URLSearchParams(body)].map(([name, text]) => [name, opened(text)]));
        if (request.url?.endsWith('?slow')) await delay(3000);
        sent.push(fields);
        const right =
          request.url === '/code'
            ? step === 'half' && /^\d{6}$/.test(fields.getAll('code').concat(fields.getAll('d')).join(''))
            : fields.get('username') === LOGIN.username && fields.get('password') === LOGIN.password;
        if (!right) moved(response, '/');
        else if (code && request.url !== '/code') moved(response, '/code', 'half');
        else if (between) {
          response
            .setHeader('set-cookie', 'sid=whole; Path=/')
            .end(`<h1>Thank you</h1><p>You go on in a moment.</p>${between}`);
        } else moved(response, '/account', 'whole');
      });
      return 'later';
    }
    if (request.url === '/account' && step === 'whole')
      response.end('<h1>Hello ada</h1><p><a href="/out">Log out</a></p>');
    else if (request.url?.startsWith('/app') && step === 'whole') response.end(APP);
    else if (code && request.url === '/code' && step === 'half') response.end(page('One more step', code));
    else if (request.url === '/') response.end(page('Log in', login));
    else if (request.url === '/password') response.end(page('Log in', { form: PASSWORD_FORM, script: '' }));
    else if (request.url === '/login') response.end(page('Log in', { form: FORM, script: '' }));
    else if (request.url?.startsWith('/late')) {
      setTimeout(() => response.end(), 1000 * Number(request.url.split('?')[1] ?? 1));
      return 'later';
    } else if (request.url === '/told') {
      void told.promise.then(() => response.end());
      return 'later';
    } else if (request.url === '/next') {
      left.resolve();
      setTimeout(() => response.end(page('Log in', { form: login.form, script: '' })), 1000);
      return 'later';
    } else moved(response, '/');
    return undefined;
  });
  open.push(site);
  const leave = (): Promise<void> => {
    told.resolve();
    return left.promise;
  };
  return Object.assign(site, { sent, leave });
}

async function readText(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await request.toArray()).toString('utf8');
}

async function runAt({ url }: SmallSite, more = {}) {
  const started = await service.call('POST', '/v1/credentials/test-login', { url, ...LOGIN, ...more });
  expect(started.status, started.text).toBe(200);
  return service.finished(started.body);
}

describe('a form that is not left alone while it is filled in is sent once, whole', () => {
  test.each([
    [
      'made anew again and again at first',
      'const t = setInterval(anew, 20); setTimeout(() => clearInterval(t), 1500);',
    ],
    ['made anew once it is filled in', 'onPassword(() => once(() => setTimeout(anew)));'],
    [
      'made anew with what was typed',
      `onPassword(() => { const { value } = document.querySelector('[type=password]');
        const name = document.querySelector('[name=username]').value; anew();
        document.querySelector('[type=password]').value = value; document.querySelector('[name=username]').value = name; });`,
    ],
    ['emptied once it is filled in', 'onPassword(() => once(() => setTimeout(() => document.forms[0].reset())));'],
    ['in a page that opens anew once it is filled in', 'onPassword(() => once(() => location.reload()));'],
    [
      'in a page that asks for the password once there is a name',
      `const [, second] = document.querySelectorAll('label'); second.hidden = true;
        document.querySelector('[name=username]').addEventListener('input', () => { second.hidden = false; });`,
    ],
    [
      'with a button that opens by keys only',
      "const b = document.querySelector('button'); b.disabled = true; addEventListener('keyup', () => { b.disabled = false; });",
    ],
    [
      'with a button that opens when its field is left',
      `const b = document.querySelector('button'); b.disabled = true;
        document.querySelector('[type=password]').addEventListener('blur', () => { b.disabled = false; });`,
    ],
    [
      'with fields that are read-only until somebody comes to them',
      `for (const field of document.querySelectorAll('input')) {
        field.readOnly = true; field.addEventListener('focus', () => { field.readOnly = false; }); }`,
    ],
    [
      'with fields that are disabled at first',
      `for (const field of document.querySelectorAll('input')) {
        field.disabled = true; setTimeout(() => { field.disabled = false; }, 1500); }`,
    ],
    [
      'under a banner that comes late',
      `onPassword(() => once(() => { const banner = document.createElement('div'); banner.style = 'position:fixed;inset:0;background:#fff';
        banner.innerHTML = '<p>We use cookies to improve your experience.</p><button>Accept all</button><button>Reject all</button>';
        document.body.append(banner); banner.onclick = () => banner.remove(); }));`,
    ],
    [
      'under a veil that goes by itself, beside a button that would close it',
      `const cancel = document.createElement('button'); cancel.type = 'button'; cancel.textContent = 'Close'; cancel.onclick = () => document.forms[0].remove();
        document.forms[0].append(cancel);
        onPassword(() => once(() => { const veil = document.createElement('div'); const { left, top, width, height } = document.querySelector('button').getBoundingClientRect();
        Object.assign(veil.style, { position: 'fixed', left: left + 'px', top: top + 'px', width: width + 'px', height: height + 'px' });
        document.body.append(veil); setTimeout(() => veil.remove(), 1500); }));`,
    ],
    [
      'which comes late, after the page said it was loading',
      `const main = document.querySelector('main'), form = main.innerHTML; main.innerHTML = '<p>Loading…</p>';
        setTimeout(() => { main.innerHTML = form; }, 3500);`,
    ],
    [
      'by a script that comes with the last of the page',
      `const form = document.forms[0], stop = (event) => event.preventDefault(); form.addEventListener('submit', stop);
        document.body.append(Object.assign(new Image(), { src: '/late' })); addEventListener('load', () => form.removeEventListener('submit', stop));`,
    ],
    [
      'by a page that sends it by itself and makes it anew',
      `onPassword(() => once(() => { const body = new URLSearchParams(new FormData(document.forms[0])); anew();
        fetch('/in', { method: 'POST', body }).then(() => { location.href = '/account'; }); }));`,
    ],
    [
      'in a page that looks its name up as it is typed',
      "document.querySelector('[name=username]').addEventListener('input', (event) => fetch('/known', { method: 'POST', body: event.target.value }));",
    ],
    ['in a page that tells somebody of each key and each click', WATCHED],
    ['in a page that tells so, and sends by script to a slow site', `${WATCHED} ${sendBy('/in?slow')}`],
    ['in a page that tells so, and takes its time to send', `${WATCHED} ${sendBy('/in', 2500)}`],
    [
      'in a page that tells so, and sends what nobody can recognise to a slow site',
      `${WATCHED} ${sendBy('/in?slow', 0, true)}`,
    ],
    [
      'in a page that gives itself another address as it is typed into',
      "addEventListener('input', () => history.replaceState(null, '', '/?step=' + Math.random()));",
    ],
    [
      'behind a link in a menu that is closed',
      `document.querySelector('main').innerHTML = '<nav hidden><a href="/login">Sign in</a></nav><p>Welcome to the shop.</p>';`,
    ],
    [
      'by a script that takes its time to go on',
      `document.forms[0].addEventListener('submit', async (event) => { event.preventDefault();
        await fetch('/in', { method: 'POST', body: new URLSearchParams(new FormData(event.target)) });
        document.querySelector('main').innerHTML = '<p>Signing in…</p>'; setTimeout(() => { location.href = '/account'; }, 5000); });`,
    ],
    ['by an app that shows nothing before it knows who is there', goesTo("location.href = '/app?7';")],
    [
      'by an app that goes on without another page, and opens slowly',
      goesTo(
        `history.pushState(null, '', '/app?3.5'); document.querySelector('main').innerHTML = '<p>Your accounts</p>';`,
      ),
    ],
    ['in a page that opens anew in a moment', 'once(() => setTimeout(() => location.reload(), 250));'],
  ])('%s', async (_name, script) => {
    const site = await restlessSite({ form: FORM, script });
    const result = await runAt(site);
    expect(result, JSON.stringify(result.evidence)).toMatchObject({
      outcome: 'logged_in',
      submissions: { identifier: 1, password: 1, code: 0 },
    });
    expect(site.sent.map((fields) => Object.fromEntries(fields))).toEqual([LOGIN]);
  });
});

test('a page that goes on from the name by itself is followed to the password', async () => {
  const site = await restlessSite({
    form: '<form><label>Username <input name="username" autocomplete="username"></label><button>Next</button></form>',
    script: `document.querySelector('input').addEventListener('input', async () => {
      await fetch('/known'); location.href = '/password'; });`,
  });
  expect(await runAt(site)).toMatchObject({
    outcome: 'logged_in',
    submissions: { identifier: 1, password: 1, code: 0 },
  });
  expect(site.sent).toHaveLength(1);
});

test('a page that was leaving before it was filled in has sent nothing', async () => {
  const site = await restlessSite({
    form: FORM.replace('<button>', '<label>Verification code <input name="code"></label><button>'),
    script: "fetch('/told').then(() => { location.href = '/next'; });",
  });
  const totp_identifier = 'ada@lindgrove.test';
  const { body: started } = await service.call('POST', '/v1/credentials/test-login', {
    url: site.url,
    ...LOGIN,
    totp_type: 'email',
    totp_identifier,
  });
  const route = `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}`;
  await expect.poll(async () => (await service.call('GET', route)).body.awaiting?.kind).toBe('code');
  await site.leave();
  const pushed = await service.call('POST', '/v1/credentials/totp', { totp_identifier, content: '246810' });
  expect(pushed.status, pushed.text).toBe(200);
  const result = await service.finished(started);
  expect(result, JSON.stringify(result.evidence)).toMatchObject({
    outcome: 'logged_in',
    submissions: { identifier: 1, password: 1, code: 1 },
  });
  expect(site.sent.map((fields) => Object.fromEntries(fields))).toEqual([{ ...LOGIN, code: '246810' }]);
});

test('what a page sends late, after its form was filled in again, is the second and does not leave', async () => {
  const site = await restlessSite({
    form: FORM,
    script: `onPassword(() => once(() => { const first = new URLSearchParams(new FormData(document.forms[0])); anew();
      document.forms[0].addEventListener('submit', async (event) => { event.preventDefault();
        const send = (body) => fetch('/in', { method: 'POST', body });
        await send(new URLSearchParams(new FormData(event.target))); await send(first); }); }));`,
  });
  expect(await runAt(site)).toMatchObject({ outcome: 'second_submission_blocked' });
  expect(site.sent.map((fields) => Object.fromEntries(fields))).toEqual([LOGIN]);
});

test('a page that goes on by itself in a moment is waited for', async () => {
  const site = await restlessSite(
    { form: FORM, script: '' },
    null,
    '<meta http-equiv="refresh" content="6; url=/account">',
  );
  expect(await runAt(site)).toMatchObject({ outcome: 'logged_in', password_proven: true });
  expect(site.sent).toHaveLength(1);
});

test('what a page says in a dialog is its word', async () => {
  const site = await restlessSite({
    form: FORM,
    script: `document.forms[0].addEventListener('submit', async (event) => { event.preventDefault();
      await fetch('/in', { method: 'POST', body: new URLSearchParams(new FormData(event.target)) });
      alert('Invalid username or password, ada!'); });`,
  });
  expect(await runAt(site, { password: 'kt-not-this-one' })).toMatchObject({
    outcome: 'wrong_credentials',
    site_message: 'Invalid username or password, ada!',
  });
  expect(site.sent).toHaveLength(1);
});

describe('a code is typed into a form that is not left alone, and sent once', () => {
  const AGAIN = 'once(() => { const t = setInterval(anew, 20); setTimeout(() => clearInterval(t), 1000); });';
  test.each([
    ['made anew at first', { form: CODE_FORM, script: AGAIN }],
    ['made anew once it is filled in', { form: CODE_FORM, script: "addEventListener('input', () => once(anew));" }],
    [
      'made anew in the middle of six boxes',
      {
        form: CODE_BOXES,
        script: "document.querySelectorAll('input')[3].addEventListener('input', () => once(anew));",
      },
    ],
    ['beside what tells somebody of each key and each click', { form: CODE_BOXES, script: WATCHED }],
    [
      'and sends itself, so that nobody can recognise the code',
      {
        form: CODE_FORM,
        script: `${sendBy('/code').replace('await fetch', "body.set('code', seal(body.get('code'))); await fetch")}
          addEventListener('input', ({ target }) => { if (target.value.length === 6) document.forms[0].requestSubmit(); });`,
      },
    ],
    [
      'in a page that opens anew',
      { form: CODE_BOXES, script: "addEventListener('input', () => once(() => location.reload()));" },
    ],
  ])('%s', async (_name, code) => {
    const site = await restlessSite({ form: FORM, script: '' }, code);
    // A code is used once, so each run has a seed of its own.
    const seed = [...randomBytes(16)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');
    const result = await runAt(site, { totp: seed });
    expect(result, JSON.stringify(result.evidence)).toMatchObject({
      outcome: 'logged_in',
      submissions: { identifier: 1, password: 1, code: 1 },
    });
    expect(site.sent).toHaveLength(2);
  });
});

describe('a form that cannot be sent is said not to have been', () => {
  test.each([
    ['its button stays disabled', "document.querySelector('button').disabled = true;", 'not_clicked'],
    ['its field does not take the name', "document.querySelector('[name=username]').type = 'email';", 'not_valid'],
    [
      'it wants a tick',
      "document.forms[0].insertAdjacentHTML('beforeend', '<label><input type=checkbox required> I accept the terms</label>');",
      'not_valid',
    ],
    ['it never stands still', 'setInterval(anew, 20);', 'form_gone'],
    [
      'its field is locked as it is typed into',
      "document.querySelector('[name=username]').addEventListener('input', () => { document.querySelector('[type=password]').readOnly = true; });",
      'not_filled',
    ],
  ])('%s', { timeout: 60_000 }, async (_name, script, reason) => {
    const site = await restlessSite({ form: FORM, script });
    const result = await runAt(site);
    expect(result, JSON.stringify(result.evidence)).toMatchObject({
      outcome: 'inconclusive',
      outcome_details: { reason },
      submissions: { identifier: 0, password: 0, code: 0 },
    });
    expect(result.failure_reason).toContain('nothing was submitted');
    expect(site.sent).toEqual([]);
  });
});
