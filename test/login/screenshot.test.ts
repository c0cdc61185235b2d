import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { maskedPicture } from '../../src/login/screenshot.ts';

/** As wide as each other, so that nothing else on the page moves. */
const SECRET = 'Hunter2"ab%7';
const OTHER = 'Walker9"xy%3';

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(() => browser.close());
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 500, height: 300 } });
});
afterEach(() => page.close());

const html = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const half = (text: string) => `<b>${html(text.slice(0, 5))}</b><i>${html(text.slice(5))}</i>`;

/** Everything in one width: what is masked looks the same whatever it was. */
async function show(body: string): Promise<void> {
  await page.setContent(`<!doctype html><style>* { font: 16px monospace }</style><body>${body}</body>`);
  await page.waitForLoadState('load');
}

const ECHOES: Record<string, (secret: string) => string> = {
  'a sentence': (secret) => `<p>You typed ${html(secret)} here.</p>`,
  'a value of a field': (secret) => `<input value="${html(secret)}"><select><option>${html(secret)}</option></select>`,
  'two elements': (secret) => `<p>${half(secret)}</p>`,
  'white space in it': (secret) => `<p>${html([...secret].join(' '))}</p>`,
  capitals: (secret) => `<p style="text-transform: uppercase">${html(secret)}</p><p>${html(secret.toUpperCase())}</p>`,
  'a URL': (secret) => `<p>/?p=${encodeURIComponent(secret)}</p>`,
  base64: (secret) => `<p>${btoa(`${secret}!`)}</p>`,
  'an open shadow tree': (secret) =>
    `<div><template shadowrootmode="open"><span>${html(secret)}</span></template></div>`,
  'the root of a shadow tree': (secret) => `<div><template shadowrootmode="open">${html(secret)}</template></div>`,
  'a shadow tree in a shadow tree': (secret) =>
    `<div><template shadowrootmode="open"><p><template shadowrootmode="open"><b>${html(secret)}</b></template></p></template></div>`,
  'a frame': (secret) => `<iframe srcdoc="${html(`<p>${html(secret)}</p>`)}"></iframe>`,
  'a frame in a frame': (secret) =>
    `<iframe srcdoc="${html(`<iframe srcdoc="${html(`<p>${html(secret)}</p>`)}"></iframe>`)}"></iframe>`,
  'a sandboxed frame': (secret) => `<iframe sandbox srcdoc="${html(`<p>${html(secret)}</p>`)}"></iframe>`,
  'what a style sheet adds': (secret) =>
    `<style>p::after { content: ${JSON.stringify(secret)} }</style><p>You typed </p>`,
  'what a style sheet takes from an attribute': (secret) =>
    `<style>p::before { content: attr(data-said) }</style><p data-said="${html(secret)}">!</p>`,
  'a picture without its picture': (secret) => `<img alt="${html(secret)}" width="300" height="40" src="data:,">`,
  'a picture of text': (secret) =>
    `<img src="data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40"><text y="20">${html(secret)}</text></svg>`)}">`,
  'drawn text': (secret) => `<svg width="300" height="40"><text y="20">${html(secret)}</text></svg>`,
  'text wider than its element': (secret) => `<p style="width: 20px; white-space: nowrap">${html(secret)}</p>`,
  'an element without a box': (secret) => `<p><span style="display: contents">${html(secret)}</span></p>`,
  'a dialog above the page': (secret) => `<dialog id="d">${html(secret)}</dialog>`,
  'a field in a dialog above the page': (secret) => `<dialog id="d"><input value="${html(secret)}"></dialog>`,
  'a field that insists on being seen': (secret) =>
    `<style>#a { visibility: visible !important }</style><input id="a" value="${html(secret)}"><textarea style="visibility: visible !important">${html(secret)}</textarea>`,
  'a field in a shadow tree in a frame': (secret) =>
    `<iframe srcdoc="${html(`<div><template shadowrootmode="open"><input style="visibility: visible !important" value="${html(secret)}"></template></div>`)}"></iframe>`,
  'a page that hides what is added to it': (secret) =>
    `<style>html > div { display: none !important; background: none !important }</style><input style="visibility: visible !important" value="${html(secret)}">`,
  'a page that allows no styles': (secret) =>
    `<meta http-equiv="Content-Security-Policy" content="style-src 'none'"><input value="${html(secret)}"><p>${html(secret)}</p>`,
};

describe('a page that says the secret back', () => {
  test.each(Object.entries(ECHOES))('%s', async (_where, echo) => {
    const picture = async (secret: string, masked: boolean) => {
      await show(echo(secret));
      await page.evaluate(() => document.querySelector('dialog')?.showModal());
      return masked ? maskedPicture(page, [secret]) : page.screenshot();
    };
    const [open, openOther] = [await picture(SECRET, false), await picture(OTHER, false)];
    expect(openOther && open?.equals(openOther), 'the secret is seen').toBe(false);
    const [one, other] = [await picture(SECRET, true), await picture(OTHER, true)];
    expect(one).not.toBeNull();
    expect(other && one?.equals(other), 'the secret is not seen').toBe(true);
  });

  test('and nothing else is painted over', async () => {
    await show(`<h1>Sign in</h1><p>You typed ${html(SECRET)}.</p>`);
    const masked = await maskedPicture(page, [SECRET]);
    await show(`<h1>Sign up</h1><p>You typed ${html(SECRET)}.</p>`);
    expect(masked?.equals((await maskedPicture(page, [SECRET])) as Buffer)).toBe(false);
    expect(await page.content()).not.toMatch(/ data-[0-9a-f]{12}/);
    await show(`<input value="${html(SECRET)}"><p>You typed nothing.</p>`);
    expect((await maskedPicture(page, []))?.equals(await page.screenshot()), 'a field is painted over').toBe(false);
    expect(await page.content()).not.toMatch(/ data-[0-9a-f]{12}/);
    await show(`<h1>Sign in</h1><script>const said = ${JSON.stringify(SECRET)};</script><p hidden>${html(SECRET)}</p>`);
    expect((await maskedPicture(page, [SECRET]))?.equals(await page.screenshot())).toBe(true);
  });

  test('a code in two groups, and a word where it is shown as a value', async () => {
    const shown = async (text: string, secret: string) => {
      await show(`<p>${text}</p>`);
      return maskedPicture(page, [secret]);
    };
    expect(
      (await shown('Your code: 123 456', '123456'))?.equals((await shown('Your code: 654 321', '654321')) as Buffer),
    ).toBe(true);
    expect(
      (await shown('You typed "secret"', 'secret'))?.equals((await shown('You typed "portal"', 'portal')) as Buffer),
    ).toBe(true);
    await show('<p>The secret is wrong</p>');
    expect((await page.screenshot()).equals((await maskedPicture(page, ['secret'])) as Buffer)).toBe(true);
  });

  test('a frame that does not answer is painted over whole', { timeout: 60_000 }, async () => {
    await show('<iframe srcdoc="<p>busy</p>"></iframe>');
    const frame = page.frames()[1];
    // Its evaluate never comes back, as in a page that never yields.
    await frame?.evaluate(() => {
      document.querySelectorAll = () => {
        throw new Error('no');
      };
    });
    const masked = await maskedPicture(page, [SECRET]);
    expect(masked?.equals(await page.screenshot())).toBe(false);
  });

  test('a page that goes on saying it is not kept', async () => {
    await show('<p id="p"></p>');
    await page.evaluate((secret) => {
      const say = () => {
        const said = document.createElement('p');
        said.textContent = secret;
        document.getElementById('p')?.replaceChildren(said);
        requestAnimationFrame(say);
      };
      say();
    }, SECRET);
    expect(await maskedPicture(page, [SECRET])).toBeNull();
  });
});
