import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { observe } from '../../src/login/observe.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(() => browser.close());

async function look(body: string) {
  const page = await browser.newPage();
  try {
    await page.setContent(`<!doctype html><body>${body}</body>`);
    const seen = await observe(page);
    seen.dispose();
    return seen.observation;
  } finally {
    await page.close();
  }
}

const component = (name: string, mode: 'open' | 'closed') =>
  `<${name}></${name}><script>customElements.define('${name}', class extends HTMLElement {
    constructor() { super(); this.attachShadow({ mode: '${mode}' }).innerHTML =
      '<style>:host{display:block}</style><input name="u"><input type="password" name="p">'; } });</script>`;

describe('what cannot be read is named', () => {
  test('a closed shadow root', async () => {
    const { fields, unreadable } = await look(component('sign-in', 'closed'));
    expect(fields).toEqual([]);
    expect(unreadable).toEqual([{ frame: 0, kind: 'closed_shadow_root', text: 'sign-in' }]);
  });

  test('a canvas of some size', async () => {
    const { unreadable } = await look(
      '<canvas id="pad" width="400" height="300"></canvas><canvas width="20" height="20">',
    );
    expect(unreadable).toEqual([{ frame: 0, kind: 'canvas', text: 'pad' }]);
  });

  test("a password's field that is not rendered", async () => {
    const { unreadable } = await look('<div style="display:none"><input type="password" name="later"></div>');
    expect(unreadable).toEqual([{ frame: 0, kind: 'not_rendered', text: 'later' }]);
  });

  test('and nothing else is', async () => {
    const { fields, unreadable } = await look(
      `${component('open-one', 'open')}<x-empty></x-empty><x-text>Hello</x-text>`,
    );
    expect(fields.map(({ name }) => name)).toEqual(['u', 'p']);
    expect(unreadable).toEqual([]);
  });
});

describe('a large page', () => {
  const rows = (count: number) => '<tr><td>A cell</td><td>Another cell of the row</td></tr>'.repeat(count);

  test('is read to the end of its controls and to a sensible amount of text', async () => {
    const { fields, lines } = await look(
      `<h1>First</h1><table>${rows(4_000)}</table><form><input name="u"><input type="password" name="p"></form>`,
    );
    expect(fields.map(({ name }) => name)).toEqual(['u', 'p']);
    expect(lines[0]).toBe('First');
    expect(lines.length).toBe(500);
  });

  test('shows no source of its scripts', async () => {
    const script = `<script>const secretOfTheScript = '${'x'.repeat(70_000)}';</script><style>.a{color:red}</style>`;
    const { lines } = await look(`${script}<p>Visible</p><table>${rows(2_000)}</table>`);
    expect(lines[0]).toBe('Visible');
    expect(lines.join(' ')).not.toMatch(/secretOfTheScript|color:red/);
  });
});
