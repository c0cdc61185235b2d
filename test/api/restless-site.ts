import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import type { Service } from '../support/service.ts';

export const LOGIN = { username: 'ada', password: 'kt-restless-password-1' };

export const FORM = `<form method="post" action="/in"><label>Username <input name="username"></label>
  <label>Password <input type="password" name="password"></label><button>Sign in</button></form>`;

/** Runs in the page: `anew` makes the form anew, `once` does something in the first document only. */
const HELPERS = `
  const anew = () => { document.querySelector('main').innerHTML = document.querySelector('template').innerHTML; };
  const once = (work) => { if (!sessionStorage.done) { sessionStorage.done = '1'; work(); } };
  const onPassword = (work) => addEventListener('input', ({ target }) => { if (target.type === 'password') work(); });`;

/** What a page has sealed: a pad and what it was laid over, in hexadecimal digits with a point between. */
function opened(text: string): string {
  const [pad, bytes] = text.split('.').map((part) => Buffer.from(part, 'hex'));
  return pad && bytes && pad.length > 0 ? bytes.map((byte, at) => byte ^ (pad[at] ?? 0)).toString() : text;
}

/** Asks who is there, for as many seconds as its address says, before it shows more than its name. */
const APP = `<!doctype html><h1>Bank</h1><main></main><script>fetch('/late' + location.search).then(() => {
  document.querySelector('main').innerHTML = '<h2>Hello ada</h2><a href="/out">Log out</a>'; });</script>`;

const PASSWORD_FORM = `<form method="post" action="/in"><input type="hidden" name="username" value="ada">
  <label>Password <input type="password" name="password"></label><button>Sign in</button></form>`;

export const CODE_FORM = `<form method="post" action="/code"><label>Verification code <input name="code" autocomplete="one-time-code"></label>
  <button>Verify</button></form>`;
export const CODE_BOXES = `<form method="post" action="/code"><p>Enter the verification code</p>${'<input class="digit" name="d" maxlength="1" size="1" inputmode="numeric" autocomplete="one-time-code">'.repeat(6)}
  <button>Verify</button></form>`;

export interface Restless extends SmallSite {
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
export async function restlessSite(login: Page, code: Page | null = null, between = ''): Promise<Restless> {
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
  onTestFinished(() => site.close());
  const leave = (): Promise<void> => {
    told.resolve();
    return left.promise;
  };
  return Object.assign(site, { sent, leave });
}

async function readText(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await request.toArray()).toString('utf8');
}

/** One login at a site, to its end. */
export async function loginAt(service: Service, { url }: SmallSite, more: Record<string, unknown> = {}) {
  const started = await service.call('POST', '/v1/credentials/test-login', { url, ...LOGIN, ...more });
  expect(started.status, started.text).toBe(200);
  return service.finished(started.body);
}

/** A code is used once, so each run has a seed of its own. */
export function newSeed(): string {
  return [...randomBytes(16)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');
}
