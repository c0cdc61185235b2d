import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SmallSite } from '../browser/small-site.ts';
import { type Service, startService } from '../support/service.ts';
import { CODE_BOXES, CODE_FORM, FORM, LOGIN, loginAt, newSeed, restlessSite } from './restless-site.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const runAt = (site: SmallSite, more = {}) => loginAt(service, site, more);

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
      'behind a link in a menu that is closed',
      `document.querySelector('main').innerHTML = '<nav hidden><a href="/login">Sign in</a></nav><p>Welcome to the shop.</p>';`,
    ],
    [
      'by a script that takes its time to go on',
      `document.forms[0].addEventListener('submit', async (event) => { event.preventDefault();
        await fetch('/in', { method: 'POST', body: new URLSearchParams(new FormData(event.target)) });
        document.querySelector('main').innerHTML = '<p>Signing in…</p>'; setTimeout(() => { location.href = '/account'; }, 5000); });`,
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
    [
      'in a page that opens anew',
      { form: CODE_BOXES, script: "addEventListener('input', () => once(() => location.reload()));" },
    ],
  ])('%s', async (_name, code) => {
    const site = await restlessSite({ form: FORM, script: '' }, code);
    const result = await runAt(site, { totp: newSeed() });
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
