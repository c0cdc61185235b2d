import { describe, expect, test } from 'vitest';
import { readChromeCsv, readFirefoxCsv } from '../../src/importing/browser-csv.ts';
import { openExport } from '../../src/importing/open-export.ts';

const CHROME = 'name,url,username,password,note';
const FIREFOX =
  '"url","username","password","httpRealm","formActionOrigin","guid","timeCreated","timeLastUsed","timePasswordChanged"';

const signal = AbortSignal.timeout(20_000);
const KEY = { password: null, keyFile: null };
const read = (text: string) => openExport(Buffer.from(text)).items(KEY, signal);
const refusal = async (text: string): Promise<string> => {
  const error = await (async () => read(text))().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'KeyturnError', code: 'invalid_request' });
  return (error as Error).message;
};

describe('Chrome and Edge', () => {
  test('quotes, commas, line breaks, blanks and other scripts are the password', async () => {
    const rows = [
      'shop.example,https://shop.example/login,ada,"a ""b"", c"," note"',
      'two lines,https://b.example,ada,"kt\nline",',
      ' blanks ,https://c.example, ada ," пароль ",',
      'app,android://hash@com.example.app/,ada,p,',
      'empty,https://d.example,ada,,',
    ];
    for (const text of [`${CHROME}\n${rows.join('\n')}\n`, `\ufeff${CHROME}\r\n${rows.join('\r\n')}`]) {
      expect(openExport(Buffer.from(text))).toMatchObject({ format: 'chrome', locked: false });
      expect(await read(text)).toMatchObject([
        { kind: 'login', name: 'shop.example', username: 'ada', password: 'a "b", c', leftOut: ['note'] },
        { kind: 'login', name: 'two lines', password: 'kt\nline', leftOut: [] },
        { kind: 'login', name: ' blanks ', username: ' ada ', password: ' пароль ' },
        { kind: 'login', addresses: ['android://hash@com.example.app/'] },
        { kind: 'none', name: 'empty', username: 'ada', reason: 'it holds no password' },
      ]);
    }
  });

  test('columns in another order, without notes, and empty lines', () => {
    const text = 'Username,Password,URL,Name\n\nada,p,https://a.example,Shop\n\n';
    expect(readChromeCsv(text)).toMatchObject([{ name: 'Shop', username: 'ada', addresses: ['https://a.example'] }]);
    expect(readChromeCsv(`${CHROME}\n`)).toEqual([]);
  });
});

test('Firefox, with forms that are sent elsewhere', async () => {
  const text = [
    FIREFOX,
    '"https://shop.example","ada","kt ""quoted""","","https://login.example","{1}","1","1","1"',
    '"https://intra.example","ada","p","The realm","","{2}","1","1","1"',
    '"chrome://FirefoxAccounts","ada","p","Firefox Accounts credentials","","{3}","1","1","1"',
  ].join('\r\n');
  expect(openExport(Buffer.from(text)).format).toBe('firefox');
  expect(await read(text)).toMatchObject([
    { name: '', password: 'kt "quoted"', addresses: ['https://shop.example', 'https://login.example'] },
    { kind: 'login', addresses: ['https://intra.example'] },
    { addresses: ['chrome://FirefoxAccounts'] },
  ]);
  expect(readFirefoxCsv(text)).toEqual(await read(text));
});

test.each([
  ['a quote that never ends', `${CHROME}\na,https://a.example,ada,"kt-canary,x\nb,c`, /malformed/],
  ['a quote in the middle', `${CHROME}\na,https://a.example,ada,kt"-canary"x,`, /malformed near line 2/],
  ['a field too few', `${CHROME}\na,https://a.example,ada,p,\nb,https://b.example,kt-canary`, /malformed near line 3/],
  ['a field too many', `${CHROME}\na,https://a.example,ada,kt-canary,x,y`, /malformed near line 2/],
  ['a line without an end', `${CHROME}\na,https://a.example,ada,${'kt-canary'.repeat(20_000)},`, /malformed/],
  ['columns of nobody', 'kt-canary,b\n1,2', /none that is known/],
  ['nothing', '', /none that is known/],
  ['5,001 lines', `${CHROME}\n${'a,https://a.example,ada,p,\n'.repeat(5001)}`, /5,000/],
])('%s is refused without a word of it', async (_what, text, sentence) => {
  const message = await refusal(text);
  expect(message).toMatch(sentence);
  expect(message).not.toContain('canary');
});

test('5,000 lines are read', async () => {
  expect(await read(`${CHROME}\n${'a,https://a.example,ada,p,\n'.repeat(5000)}`)).toHaveLength(5000);
});

test('a format that is named is believed', async () => {
  const text = 'url,username,password\nhttps://a.example,ada,p';
  expect(await refusal(text)).toMatch(/none that is known/);
  expect(await openExport(Buffer.from(text), 'chrome').items(KEY, signal)).toHaveLength(1);
  const other = openExport(Buffer.from('name,url\na,b'), 'firefox').items(KEY, signal);
  await expect(other).rejects.toThrow('The CSV file has no column username, password.');
});
