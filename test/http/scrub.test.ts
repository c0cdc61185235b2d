import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Scrubber } from '../../src/scrub.ts';
import { byteText, decodedBase64, escapedPatternsOf, patternsOf, views } from '../support/secret-encodings.ts';

const MARK = '[redacted]';

function knowing(...values: string[]): Scrubber {
  const scrubber = new Scrubber();
  scrubber.add('wr_1', values);
  return scrubber;
}

/** Secrets people have and programs trip over: quotes, backslashes, percent signs, spaces, accents, emoji, line ends. */
const awkward = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(...'"\'\\/<>&%+=? \n\t#;:$^*()[]{}|.,~`!@'),
      fc.constantFrom('é', 'ß', 'Ω', '漢', '😀', '\u0301', '\u2028'),
      fc.constantFrom(...'abcXYZ0189'),
    ),
    minLength: 6,
    maxLength: 40,
  })
  .filter((secret) => secret.trim().length >= 6 && !MARK.includes(secret));

/** What a program may do to a secret before it reaches a log, and is undone by whoever reads it. */
const WRITTEN: Record<string, (secret: string) => string> = {
  raw: (secret) => secret,
  'in a URL': (secret) => `https://a.example/cb?password=${encodeURIComponent(secret)}&x=1`,
  'in a form': (secret) => new URLSearchParams({ user: 'a', password: secret }).toString(),
  'as JSON': (secret) => JSON.stringify({ password: secret }),
  'as JSON in JSON': (secret) => JSON.stringify({ body: JSON.stringify({ password: secret }) }),
  'URL in JSON': (secret) => JSON.stringify({ url: `/?p=${encodeURIComponent(secret)}` }),
  'form in a URL': (secret) => encodeURIComponent(new URLSearchParams({ p: secret }).toString()),
  HTML: (secret) => html(secret),
  'HTML by numbers': (secret) => secret.replace(/[&<>"'\u0080-\u{10ffff}]/gu, (c) => `&#${c.codePointAt(0)};`),
  'HTML in JSON': (secret) => JSON.stringify({ page: html(secret) }),
  'a Basic header': (secret) => `Basic ${Buffer.from(`user:${secret}`).toString('base64')}`,
  'base64 of JSON': (secret) => Buffer.from(JSON.stringify({ p: secret })).toString('base64'),
  base64url: (secret) => Buffer.from(`x${secret}yz`).toString('base64url'),
  'base64 in a URL': (secret) => encodeURIComponent(Buffer.from(secret).toString('base64')),
  hex: (secret) => `0x${Buffer.from(secret).toString('hex')}`,
  HEX: (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
};

function html(secret: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return `<p>${secret.replace(/[&<>"']/g, (c) => named[c] ?? c)}</p>`;
}

/** Looks for the secret as the search for secrets in files does, which is code of its own. */
function found(text: string, secret: string): string[] {
  const bytes = byteText(text);
  const patterns = [...patternsOf(secret), ...escapedPatternsOf(secret)].filter((pattern) => pattern.text.length >= 6);
  const seen = [...views(bytes)].flatMap((view) =>
    patterns.filter((pattern) => view.text.includes(pattern.text)).map((pattern) => `${view.name} ${pattern.encoding}`),
  );
  const inBase64 = [...views(decodedBase64(bytes), '', 1)].some((view) => view.text.includes(byteText(secret)));
  return inBase64 ? [...seen, 'inside base64'] : seen;
}

describe('no encoding of a secret survives', () => {
  test.each(Object.entries(WRITTEN))('%s', (_name, write) => {
    fc.assert(
      fc.property(awkward, (secret) => {
        const written = write(secret);
        expect(found(knowing(secret).scrub(`before ${written} after`), secret)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test.each(Object.entries(WRITTEN))('the search finds it when it is not scrubbed: %s', (_name, write) => {
    expect(found(`before ${write('p"a<s>s wö\\rd 1')} after`, 'p"a<s>s wö\\rd 1')).not.toEqual([]);
  });

  test('a seed in any spelling, and the one inside an otpauth address', () => {
    const scrubber = knowing('otpauth://totp/Site:a?secret=JBSWY3DPEHPK3PXP&issuer=Site');
    for (const text of ['JBSWY3DPEHPK3PXP', 'jbswy3dpehpk3pxp', 'JBSW Y3DP EHPK 3PXP', 'jbsw-y3dp-ehpk-3pxp']) {
      expect(scrubber.scrub(`seed ${text}.`)).toBe(`seed ${MARK}.`);
    }
  });

  test('what a page makes of it that names no character set', () => {
    const scrubber = knowing('Grün "Wald" 7€');
    for (const text of [
      'Grün "Wald" 7€',
      'p=Gr%FCn+%22Wald%22+7%26%238364%3B',
      'GrÃ¼n "Wald" 7â‚¬',
      'Gr\ufffdn "Wald" 7\ufffd',
    ])
      expect(scrubber.scrub(`${text}.`)).toMatch(/^(p=)?\[redacted\]\.$/);
  });

  test('what a page shows of it: one space for several, none at the ends, other capitals', () => {
    const scrubber = knowing('  two  Words\t7x ');
    for (const text of ['two Words 7x', '  two  Words\t7x ', 'p=two+Words+7x'])
      expect(scrubber.scrub(`(${text})`)).toMatch(/^\((p=)?\s*\[redacted\]\s*\)$/);
    expect(scrubber.scrub('  TWO  WORDS\t7X ')).toBe(MARK);
  });

  test('a piece of it where a text was cut off', () => {
    const long = `Abc-${'0123456789'.repeat(30)}`;
    const scrubber = knowing(long, 'https://a.example/login/0123456789abcdefghij');
    expect(scrubber.scrub(`It says "Wrong: ${long.slice(0, 90)}…" now`)).toBe(`It says "Wrong: ${MARK}…" now`);
    expect(scrubber.scrub(`Wrong: ${btoa(long).slice(0, 50)}…`)).toBe(`Wrong: ${MARK}…`);
    for (const kept of ['Wrong: Abc-0…', 'Wrong: Abd-012345…', 'See https://a.example/lo…'])
      expect(scrubber.scrub(kept)).toBe(kept);
  });

  test('everything else stays as it was', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(knowing('a secret nobody writes').scrub(text)).toBe(text);
      }),
    );
  });
});

describe('short values and codes', () => {
  test.each([
    ['the code is 123456.', `the code is ${MARK}.`],
    ['{"code":"123456"}', `{"code":"${MARK}"}`],
    [JSON.stringify('line\n123456\nline'), `"line\\n${MARK}\\nline"`],
    ['code%3D123456%26', `code%3D${MARK}%26`],
    ['at 1234567890', 'at 1234567890'],
    ['x123456', 'x123456'],
    ['pin 42, not 142 or 420', `pin ${MARK}, not 142 or 420`],
  ])('%j becomes %j', (text, clean) => {
    expect(knowing('123456', '42').scrub(text)).toBe(clean);
  });
});

describe('a secret that is a common word', () => {
  const scrubber = knowing('password');
  test.each([
    'The password was wrong.',
    'Forgot your password?',
    'password reset',
    'https://a.example/password?next=password-reset',
  ])('leaves %j as it is: a gap would show what it is', (text) => {
    expect(scrubber.scrub(text)).toBe(text);
    expect(scrubber.scrubWords(text)).toBe(text);
  });

  test.each([
    ['password', MARK],
    ['You typed "password".', `You typed "${MARK}".`],
    ['Not accepted: password', `Not accepted: ${MARK}`],
    ['/?p=password&x=1', `/?p=${MARK}&x=1`],
    ['(password) is too short', `(${MARK}) is too short`],
  ])('is taken out of a site\u2019s words where it is shown as a value: %j', (text, clean) => {
    expect(scrubber.scrubWords(text)).toBe(clean);
    expect(scrubber.scrub(text)).toBe(text);
  });

  test('leaves a line of the log readable', () => {
    const line = '{"stage":"password","password_submitted":1}';
    expect(scrubber.scrub(line)).toBe(line);
  });

  test('is taken out in every encoding that no sentence has', () => {
    const digest = createHash('sha256').update('password').digest('base64');
    for (const text of [
      btoa('password'),
      Buffer.from('ada:password').toString('hex'),
      digest,
      encodeURIComponent(digest),
    ])
      expect(scrubber.scrub(`${text} `)).toContain(MARK);
  });

  test('in an event: in sentences, not in states', () => {
    const value = { stage: 'password', text: 'It says "password".' };
    expect(scrubber.scrubDeep(value)).toEqual({ stage: 'password', text: `It says "${MARK}".` });
  });
});

describe('several secrets', () => {
  test('the longest first, and what overlaps is gone as a whole', () => {
    expect(knowing('secret', 'secret-word').scrub('a secret-word')).toBe(`a ${MARK}`);
    expect(knowing('abcdef', 'defghi').scrub('-abcdefghi-')).toBe(`-${MARK}-`);
  });

  test('a scope that ends takes only its own along', () => {
    const scrubber = knowing('first-secret', 'shared-secret');
    scrubber.add('wr_2', ['shared-secret', 'second-secret', null, undefined, '']);
    scrubber.remove('wr_1');
    expect(scrubber.scrub('first-secret shared-secret second-secret')).toBe(`first-secret ${MARK} ${MARK}`);
    scrubber.remove('wr_2');
    expect(scrubber.scrub('shared-secret')).toBe('shared-secret');
  });

  test('a text costs the same however many are known', () => {
    const scrubber = new Scrubber();
    for (let run = 0; run < 200; run += 1) scrubber.add(`wr_${run}`, [`password number ${run}`, `seed-${run}-of-many`]);
    const text = 'An ordinary sentence about nothing. '.repeat(3_000);
    const start = performance.now();
    expect(scrubber.scrub(text)).toBe(text);
    // 108,000 characters take about 10 ms; a search for each form would take seconds.
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('JSON values', () => {
  test('strings, keys and long numbers at any depth', () => {
    const value = { 'my-secret': [{ note: 'it is my-secret', code: 123456, count: 12 }, null, true] };
    expect(knowing('my-secret', '123456', '12').scrubDeep(value)).toEqual({
      [MARK]: [{ note: `it is ${MARK}`, code: MARK, count: 12 }, null, true],
    });
  });

  test('what is nested beyond reason is left out, not let through', () => {
    let value: unknown = 'my-secret';
    for (let depth = 0; depth < 200; depth += 1) value = [value];
    expect(JSON.stringify(knowing('my-secret').scrubDeep(value))).not.toContain('my-secret');
  });
});
