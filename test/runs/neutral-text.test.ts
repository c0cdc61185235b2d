import { describe, expect, test } from 'vitest';
import { NeutralText } from '../../src/runs/neutral-text.ts';

describe('stand-ins', () => {
  test.each([
    ['Welcome back, NADIA.Ö!', 'Welcome back, person!'],
    ['?user=Nadia.%C3%96&', '?user=person&'],
    [`cookie ${Buffer.from('Nadia.Ö').toString('base64')}`, 'cookie person'],
    ['Nadine has no part in it', 'Nadine has no part in it'],
    ['Enter the 6-digit code within 15 minutes', 'Enter the 6-digit code within 15 minutes'],
    ['form-control col-md-6 mb-3', 'form-control col-md-6 mb-3'],
    ['field_a07d4f82c39897bebb50ef5ec881c2f9', 'token1'],
    ['ada@lindgrove.test or ben@lindgrove.test', 'person1@example.com or person2@example.com'],
    ['call 0120 537 024', 'call 000000000001'],
  ])('%s', (text, expected) => {
    expect(new NeutralText('Nadia.Ö').of(text)).toBe(expected);
  });

  test('the same text gets the same one, another text another', () => {
    const neutral = new NeutralText(null);
    const ids = ['u-48151623', 'p-42481516', 'u-48151623'].map((text) => neutral.of(text));
    expect(ids).toEqual(['u-00000001', 'p-00000002', 'u-00000001']);
  });

  test('a short name is replaced where it stands alone', () => {
    expect(new NeutralText('ann').of('ann, ANN and annual plans')).toBe('person, person and annual plans');
  });

  test('without a name nothing is taken for one', () => {
    expect(new NeutralText(null).of('person or not')).toBe('person or not');
  });
});
