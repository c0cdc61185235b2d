import fc from 'fast-check';
import type { Schema } from './api-document.ts';

/** Values that a member of this name should mostly have, so that requests get past the door. */
export type Wishes = Readonly<Record<string, fc.Arbitrary<unknown>>>;

const LETTERS = fc.string({ unit: 'grapheme', maxLength: 30 });

const TIMES = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
      .map((date) => date.toISOString()),
  },
  fc.constantFrom(
    '9999-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '2026-06-30T23:59:60Z',
    '2026-11-26T12:00:00.123456789+14:00',
  ),
);

function text(schema: Schema): fc.Arbitrary<string> {
  const {
    minLength = 0,
    maxLength = 100_000,
    pattern,
    format,
  } = schema as {
    minLength?: number;
    maxLength?: number;
    pattern?: string;
    format?: string;
  };
  if (format === 'date-time') return TIMES;
  // The length counts code points, as JSON Schema has it.
  const fits = (value: string) => [...value].length >= minLength && [...value].length <= maxLength;
  if (pattern !== undefined) {
    // The generator knows no lookahead and no length: both are looked at afterwards, and the end is stretched to fit.
    const whole = new RegExp(pattern, 'u');
    const simple = pattern
      .replaceAll(/\(\?[=!][^()]*(?:\([^()]*\)[^()]*)*\)/g, '')
      .replace(/[+*]\$$/, `{${Math.max(minLength, 1)},${Math.min(minLength + 12, maxLength)}}$`);
    return fc
      .stringMatching(new RegExp(simple, 'u'), { size: '-1' })
      .filter((value) => whole.test(value) && fits(value));
  }
  const short = fc.string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) });
  if (maxLength > 100_000) return short.filter(fits);
  const longest = fc.integer({ min: Math.max(minLength, maxLength - 1), max: maxLength }).map((n) => 'x'.repeat(n));
  return fc.oneof(
    { weight: 12, arbitrary: short.filter(fits) },
    { weight: maxLength < 5_000 ? 1 : 0, arbitrary: longest },
  );
}

function object(schema: Schema, wishes: Wishes): fc.Arbitrary<unknown> {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const required = (schema.required ?? []) as string[];
  const named = Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [name, wished(name, member, wishes)]),
  );
  const whole = fc.record(named, { requiredKeys: required });
  // With everything that is optional something nearly always contradicts something: half have two of it at most.
  const members = fc.tuple(whole, fc.option(fc.nat(1_000), { freq: 1 })).map(([value, at]) => {
    const optional = Object.keys(value).filter((name) => !required.includes(name));
    if (at === null || optional.length <= 2) return value;
    const kept = [...required, optional[at % optional.length], optional[(at * 7 + 3) % optional.length]];
    return Object.fromEntries(Object.entries(value).filter(([name]) => kept.includes(name)));
  });
  const patterns = Object.entries((schema.patternProperties ?? {}) as Record<string, Schema>);
  const min = Number(schema.minProperties ?? 0);
  const enough = (value: object) => Object.keys(value).length >= min;
  const [pattern] = patterns;
  if (!pattern) return members.filter(enough);
  const more = fc.dictionary(fc.stringMatching(new RegExp(pattern[0], 'u')), values(pattern[1], wishes), {
    maxKeys: 3,
  });
  return fc.tuple(members, more).map(([one, other]) => ({ ...other, ...one }));
}

function wished(name: string, schema: Schema, wishes: Wishes): fc.Arbitrary<unknown> {
  const wish = wishes[name];
  const any = values(schema, wishes);
  return wish ? fc.oneof({ weight: 7, arbitrary: wish }, { weight: 1, arbitrary: any }) : any;
}

/** Values that a JSON Schema allows, as far as this service's schemas go. */
export function values(schema: Schema, wishes: Wishes = {}): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  const choice = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (choice) return fc.oneof(...choice.map((one) => values(one, wishes)));
  switch (schema.type) {
    case 'string':
      return text(schema);
    case 'integer':
    case 'number': {
      const min = Number(schema.minimum ?? -1_000_000);
      const max = Number(schema.maximum ?? 1_000_000);
      const whole = fc.integer({ min: Math.ceil(min), max: Math.floor(max) });
      return schema.type === 'integer' ? whole : fc.oneof(whole, fc.double({ min, max, noNaN: true }));
    }
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const items = (Array.isArray(schema.items) ? schema.items[0] : schema.items) as Schema | undefined;
      const minLength = Number(schema.minItems ?? 0);
      const maxLength = Math.max(minLength, Math.min(Number(schema.maxItems ?? 3), 4));
      const one = values(items ?? {}, wishes);
      const equal = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
      return schema.uniqueItems
        ? fc.uniqueArray(one, { minLength, maxLength, comparator: equal })
        : fc.array(one, { minLength, maxLength });
    }
    case 'object':
      return object(schema, wishes);
    default:
      return fc.oneof(fc.jsonValue({ maxDepth: 2 }), LETTERS);
  }
}

/** Values that hardly any schema allows where they are put. */
export const ODD: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1.5,
    1e308,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    'x\udfff',
    '\uffff',
    '\u202e',
    '😀'.repeat(300),
    'x'.repeat(5_000),
    'null',
    'NaN',
    "' OR 1=1 --",
    '../../etc/passwd',
    '%00',
    '{}',
    [],
    {},
    [[]],
    { $ne: null },
    { constructor: 1 },
    { toString: null },
    { set: 'x' },
    Array(300).fill('x'),
  ),
  fc.jsonValue({ maxDepth: 3 }),
  LETTERS,
);

interface Place {
  holder: Record<string, unknown> | unknown[];
  name: string;
}

function places(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((name) => [{ holder, name }, ...places(holder[name])]);
}

/** A valid body with one thing changed: a member gone, another value in its place, or one too many. */
export function nearly(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const change = fc.record({
    kind: fc.constantFrom('drop', 'replace', 'replace', 'add'),
    at: fc.nat(1_000),
    odd: ODD,
    name: fc.oneof(fc.constantFrom('__proto__x', 'constructor', 'organization_id', 'id', 'a\u0000', ''), LETTERS),
  });
  return fc.tuple(valid, change).map(([body, { kind, at, odd, name }]) => {
    const copy: unknown = structuredClone(body);
    const all = places(copy);
    const place = all[at % Math.max(all.length, 1)];
    if (!place || kind === 'add') {
      if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) return odd;
      return { ...copy, [name]: odd };
    }
    const holder = place.holder as Record<string, unknown>;
    if (kind === 'drop' && !Array.isArray(place.holder)) delete holder[place.name];
    else holder[place.name] = odd;
    return copy;
  });
}
