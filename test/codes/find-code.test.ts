import { describe, expect, test } from 'vitest';
import { candidatesIn, findCode } from '../../src/codes/extract/find-code.ts';

const code = (content: string) => findCode(content)?.code;

describe('content that is the code itself', () => {
  test.each([
    [' 482913\n', '482913'],
    ['0012', '0012'],
    ['123 456', '123456'],
    ['٤٨٢٩١٣', '482913'],
    ['AB-12-CD', 'AB-12-CD'],
    ['R4T9K', 'R4T9K'],
    ['2024', '2024'],
  ])('%j is %s', (content, typed) => {
    expect(findCode(content)).toMatchObject({ otp_type: 'totp', code: typed });
  });

  test('is of the type that is asked for', () => {
    expect(findCode('x.co/a1b2', { type: 'magic_link' })).toMatchObject({ otp_type: 'magic_link', code: 'x.co/a1b2' });
  });

  test.each(['', '   ', '\n'])('nothing is found in %j', (content) => expect(findCode(content)).toBeNull());

  test('longer than ten characters and nothing else', () => {
    expect(code('1 2 3 4 5 6')).toBe('123456');
    expect(code('ABCD-EFGH-1234')).toBe('ABCD-EFGH-1234');
    expect(code('12345678901')).toBeUndefined();
  });
});

describe('what is typed', () => {
  test.each([
    ['Your login code is 123-456.', '123456'],
    ['Your login code is G-123456.', '123456'],
    ['Your login code is WXYZ-1234.', 'WXYZ-1234'],
    ['Your login code is 12 34 56 ok?', '123456'],
    ['Your login code is 12 34 56 78 90 ok?', undefined],
    ['Your login code is 1 234 567 ok?', undefined],
    ['Your login code is １２３４５６.', '123456'],
    ['Your login code is 123456, thanks.', '123456'],
    ['Your login code is 123\u200b456.', '123456'],
    ['Your login code is \u202e123456\u202c.', '123456'],
    ['Your login code is é123456.', undefined],
    ['Your login code is at https://x.example/123456.', undefined],
    ['Your login code went to 123456@mail.example.', undefined],
    ['Your login code came at 12:34:56 from 10.20.30.40.', undefined],
    ['Your login code is 12345678901234.', undefined],
  ])('%s', (content, typed) => expect(code(content)).toBe(typed));
});

describe('a code at the end of a long mail', () => {
  const sheet = `<style>${'.a1{color:#123456;margin:0 1234px}\n'.repeat(9_000)}</style>`;
  const body = '<p>Your verification code is</p><p><b>482913</b></p>';

  test.each([
    ['behind a long style sheet', `<html><head>${sheet}</head><body>${body}</body></html>`],
    ['behind long comments', `<html>${`<!-- ${'x 1234 '.repeat(30_000)} -->`}${body}`],
    ['behind empty markup', `<html>${'<table><tr><td style="padding:0"></td></tr></table>'.repeat(5_000)}${body}`],
    ['behind plain text', `${'Lorem ipsum dolor sit amet. '.repeat(20_000)}\n\nYour verification code is 482913`],
  ])('%s', (_name, content) => {
    expect(content.length).toBeGreaterThan(200_000);
    expect(code(content)).toBe('482913');
  });

  test.each(['123456', '1234 5678', 'AB12-CD34'])('%s cut in two where the middle is left out is none', (number) => {
    for (let shift = 0; shift < 24; shift++) {
      const beginning = `${'code '.repeat(3_196)}${' '.repeat(shift)}${number} ${'code '.repeat(9_000)}`;
      const end = `${'code '.repeat(9_000)}${number}${' '.repeat(shift)}${' code'.repeat(3_196)}`;
      for (const { code: found } of [...candidatesIn(beginning), ...candidatesIn(end)]) {
        expect(found).toBe(number.replace(' ', ''));
      }
    }
  });
});

describe('hidden text', () => {
  const trap = 'Your verification code is 111111.';
  const shown = '<p>Your verification code is <b>482913</b>.</p>';

  test.each([
    `<div style="display:none">${trap}</div>`,
    `<div style="DISPLAY : NONE !important"><p>${trap}</p></div>`,
    `<div style="visibility:hidden">${trap}</div>`,
    `<div style="font-size:0px">${trap}</div>`,
    `<div style="font-size:1px;color:#fefefe">${trap}</div>`,
    `<div style="opacity:0">${trap}</div>`,
    `<div style="max-height:0;overflow:hidden">${trap}</div>`,
    `<div style="position:absolute;left:-9999px">${trap}</div>`,
    `<div style="color:#FFF;background:#ffffff">${trap}</div>`,
    `<div style="mso-hide:all">${trap}</div>`,
    `<div hidden>${trap}</div>`,
    `<style>.pre, .x{display:none}</style><div class="y pre">${trap}</div>`,
    `<style>#pre{font-size:0}</style><div id=pre>${trap}</div>`,
    `<!-- ${trap} -->`,
    `<script>"${trap}"</script>`,
    `<title>${trap}</title>`,
    `<img alt="${trap}">`,
    `<textarea>${trap}</textarea>`,
  ])('%s', (hidden) => {
    expect(code(`${hidden}${shown}`)).toBe('482913');
    expect(code(`${shown}${hidden}`)).toBe('482913');
    expect(code(`<p>The report is ready to be read.</p>${hidden}`)).toBeUndefined();
  });

  test('rules for some readers only do not hide', () => {
    expect(
      code(`<style>@media (max-width:400px){p{} .v{display:none}}</style><p class="v">Your code is 482913</p>`),
    ).toBe('482913');
  });
});

describe('a link and a code', () => {
  const mail =
    '<p>Your login code is <b>482913</b></p><p>or <a href="https://x.example/auth?t=a1b2c3d4e5f6&amp;n=1">sign in</a> with this link</p>';

  test('the code counts, unless the link is asked for', () => {
    expect(findCode(mail)).toMatchObject({ otp_type: 'totp', code: '482913' });
    expect(findCode(mail, { type: 'totp' })).toMatchObject({ otp_type: 'totp', code: '482913' });
    expect(findCode(mail, { type: 'magic_link' })).toMatchObject({
      otp_type: 'magic_link',
      code: 'https://x.example/auth?t=a1b2c3d4e5f6&n=1',
    });
  });

  test('all candidates are listed, the best first', () => {
    expect(candidatesIn(`${mail}<p>Order 991204</p>`)).toEqual([
      { otp_type: 'totp', code: '482913' },
      { otp_type: 'totp', code: '991204' },
      { otp_type: 'magic_link', code: 'https://x.example/auth?t=a1b2c3d4e5f6&n=1' },
    ]);
  });

  test('only addresses of pages are links', () => {
    const with_ = (href: string) => findCode(`<p>Use this magic link to sign in: <a href="${href}">Sign in</a></p>`);
    expect(with_('https://x.example/auth/a1b2c3d4e5f6g7')).not.toBeNull();
    expect(with_('javascript:login(&quot;a1b2c3d4e5f6g7&quot;)')).toBeNull();
    expect(with_('mailto:a1b2c3d4e5f6g7@x.example')).toBeNull();
    expect(with_('/auth/a1b2c3d4e5f6g7')).toBeNull();
  });
});

test('reasons are given', () => {
  expect(findCode('Your login code is 482913.')?.reasons.join()).toMatch(/login code/);
});

test('a link is found whatever its token is made of', () => {
  for (const token of [
    'h3oncjeg6F99L7vd_7mj7PorLUb94EI_',
    'vsNeoBBHASCnaHQFxLtRhjiNjaSUKaqP',
    'RvpEcpMMF_dBNMOIeFkwSYFIkUytudf-',
  ]) {
    const link = `https://app.example.com/enter?token=${token}`;
    for (const text of [`Use this link to sign in: ${link}`, `<p><a href="${link}">Sign in to Lindgrove</a></p>`]) {
      expect(findCode(text), text).toMatchObject({ otp_type: 'magic_link', code: link });
    }
  }
});
