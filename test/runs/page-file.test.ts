import { describe, expect, test } from 'vitest';
import type { ElementCopy, PageCopy } from '../../src/login/page-copy.ts';
import { pageFile } from '../../src/runs/page-file.ts';
import { Scrubber } from '../../src/scrub.ts';

function element(tag: string, attributes: Record<string, string> = {}, children: ElementCopy['children'] = []) {
  return { tag, attributes, children };
}

/** A page of these elements, as main makes it for a run with a password and a name. */
function made(
  children: ElementCopy['children'],
  secrets: { password?: string; username?: string } = {},
): string | null {
  const copy: PageCopy = {
    seen: { kind: 'login', roles: ['password'] },
    url: 'https://site.test/login',
    document: { title: '', lang: '', dir: '', body: element('body', {}, children) },
  };
  const scrubber = new Scrubber();
  scrubber.add('run', [secrets.password]);
  return pageFile(Buffer.from(JSON.stringify(copy)), {
    scrub: (text) => scrubber.scrubWords(text),
    username: secrets.username ?? null,
  });
}

describe('a page made of a copy', () => {
  test('runs nothing, whatever the copy holds', () => {
    const html = made([
      element('script', {}, ['alert(1)']),
      element('iframe', { src: 'x', onload: 'alert(1)', 'on"><script>': '' }),
      element('p"><script>', {}, []),
      element('p', { title: '"><script>alert(1)</script>' }, ['</p><script>alert(1)</script>']),
    ]);
    expect(html).not.toMatch(/<script|onload/);
    expect(html).toContain('&lt;script&gt;alert(1)');
  });

  test('a password in any attribute is taken out, a word of the list in its own place is not', () => {
    const html = made(
      [
        element('input', { type: 'password', autocomplete: 'current-password', name: 'password' }),
        element('input', { type: 'p4ssw0rd!', role: 'password', lang: 'password', id: encodeURIComponent('password') }),
      ],
      { password: 'password' },
    );
    expect(html).toContain('<input type="password" autocomplete="current-password" name="[redacted]">');
    expect(html).toContain('role="password" lang="[redacted]" id="[redacted]"');
    expect(made([element('p', { role: 'h7-Secret' }, ['x'])], { password: 'h7-Secret' })).not.toContain('h7-Secret');
  });

  test('frames and shadow roots keep their own documents', () => {
    const inner = { title: '', lang: '', dir: '', body: element('body', {}, ['Ada & "Ben"']) };
    const html = made([
      { ...element('iframe'), frame: 0, document: inner },
      { ...element('x-form', {}, ['light']), shadow: ['dark'] },
    ]);
    expect(html).toContain('srcdoc="&lt;!doctype html&gt;');
    expect(html).toContain('Ada &amp;amp; &amp;quot;Ben&amp;quot;');
    expect(html).toContain('<x-form><template shadowrootmode="open">dark</template>light</x-form>');
  });

  test('a copy that makes too much is left out whole', () => {
    expect(made(Array.from({ length: 3_000 }, () => element('p', {}, ['word '.repeat(200)])))).toBeNull();
  });
});
