import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Service, startService } from '../support/service.ts';
import { CODE_BOXES, CODE_FORM, FORM, LOGIN, loginAt, newSeed, restlessSite } from './restless-site.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

/** Reports what happens, as what looks for robots does. */
const reports = (...kinds: string[]) => `for (const kind of ${JSON.stringify(kinds)})
  addEventListener(kind, () => fetch('/kD3x/1a', { method: 'POST', body: String(Math.random()) }), true);`;
const CLICKS = reports('mousedown', 'mouseup', 'click');
const WATCHED = reports('keydown', 'input', 'mousedown', 'mouseup', 'click');

/** Sends the form by script, `later` milliseconds after it was submitted; sealed: so that nobody knows a secret in it. */
const sendBy = (to: string, later = 0, sealed = false) => `
  const seal = (text) => { const bytes = new TextEncoder().encode(text), pad = crypto.getRandomValues(new Uint8Array(bytes.length));
    return [pad, bytes.map((byte, at) => byte ^ pad[at])].map((part) => part.toHex()).join('.'); };
  document.forms[0].addEventListener('submit', (event) => { event.preventDefault(); setTimeout(async () => {
    const body = new URLSearchParams(new FormData(event.target));
    if (${sealed}) body.set('password', seal(body.get('password')));
    await fetch('${to}', { method: 'POST', body }); location.href = '/account'; }, ${later}); });`;

/** Sends the form by script and goes on by another. */
const goesTo = (next: string): string => `document.forms[0].addEventListener('submit', async (event) => {
  event.preventDefault(); await fetch('/in', { method: 'POST', body: new URLSearchParams(new FormData(event.target)) }); ${next} });`;

/** Is busy for seconds the first time that this happens. */
const takesLong = (
  selector: string,
  kind: string,
): string => `document.querySelector('${selector}').addEventListener('${kind}',
  () => { const until = performance.now() + 7_000; while (performance.now() < until); }, { once: true });`;

describe('a form is sent once, whole', () => {
  test.each([
    [
      'in a page that looks its name up as it is typed',
      "document.querySelector('[name=username]').addEventListener('input', (event) => fetch('/known', { method: 'POST', body: event.target.value }));",
    ],
    ['in a page that tells somebody of each key and each click', WATCHED],
    ['in a page that tells somebody of each click', CLICKS],
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
    ['in a page that is busy for seconds once its field is entered', takesLong('[type=password]', 'focus')],
    ['in a page that is busy for seconds on the way to its button', takesLong('button', 'mousemove')],
    [
      'by an app that asks what it is before it shows its form',
      `const main = document.querySelector('main'), form = main.innerHTML; main.innerHTML = '';
        fetch('/late?6').then(() => { main.innerHTML = form; });`,
    ],
    ['by an app that shows nothing before it knows who is there', goesTo("location.href = '/app?7';")],
    [
      'by an app that goes on without another page, and opens slowly',
      goesTo(
        `history.pushState(null, '', '/app?3.5'); document.querySelector('main').innerHTML = '<p>Your accounts</p>';`,
      ),
    ],
  ])('%s', async (_name, script) => {
    const site = await restlessSite({ form: FORM, script });
    const result = await loginAt(service, site);
    expect(result, JSON.stringify(result.evidence)).toMatchObject({
      outcome: 'logged_in',
      submissions: { identifier: 1, password: 1, code: 0 },
    });
    expect(site.sent.map((fields) => Object.fromEntries(fields))).toEqual([LOGIN]);
  });
});

test('a wrong password is refused beside what is told of each key', async () => {
  const site = await restlessSite({ form: FORM, script: WATCHED });
  expect(await loginAt(service, site, { password: 'kt-not-this-one' })).toMatchObject({
    outcome: 'rejected',
    submissions: { identifier: 1, password: 1, code: 0 },
  });
  expect(site.sent).toHaveLength(1);
});

describe('a code is sent once', () => {
  test.each([
    ['beside what tells somebody of each key and each click', { form: CODE_BOXES, script: WATCHED }],
    [
      'and sends itself, so that nobody can recognise the code',
      {
        form: CODE_FORM,
        script: `${sendBy('/code').replace('await fetch', "body.set('code', seal(body.get('code'))); await fetch")}
          addEventListener('input', ({ target }) => { if (target.value.length === 6) document.forms[0].requestSubmit(); });`,
      },
    ],
  ])('%s', async (_name, code) => {
    const site = await restlessSite({ form: FORM, script: '' }, code);
    const result = await loginAt(service, site, { totp: newSeed() });
    expect(result, JSON.stringify(result.evidence)).toMatchObject({
      outcome: 'logged_in',
      submissions: { identifier: 1, password: 1, code: 1 },
    });
    expect(site.sent).toHaveLength(2);
  });

  test('and not by a click where it may have left unrecognised', async () => {
    const script = "addEventListener('input', () => fetch('/who-knows', { method: 'POST', body: 'a1b2c3' }));";
    const site = await restlessSite({ form: FORM, script: '' }, { form: CODE_FORM, script });
    const result = await loginAt(service, site, { totp: newSeed() });
    expect(result, JSON.stringify(result.evidence)).toMatchObject({ outcome: 'inconclusive' });
    expect(result.evidence).toContainEqual(expect.objectContaining({ signal: 'sent_by_page' }));
    expect(site.sent).toHaveLength(1);
  });
});
