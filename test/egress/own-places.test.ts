import { beforeEach, expect, test } from 'vitest';
import { OwnPlaces } from '../../src/egress/own-places.ts';

/** What names lead to: addresses, an error, or nothing for ever. */
let names: Map<string, string[] | 'hangs'>;
let asked: string[];
let now: number;
let places: OwnPlaces;

beforeEach(() => {
  names = new Map();
  asked = [];
  now = 0;
  const lookup = async (name: string): Promise<string[]> => {
    asked.push(name);
    const answer = names.get(name);
    if (answer === 'hangs') return new Promise(() => undefined);
    if (!answer) throw new Error('no such name');
    return answer;
  };
  places = new OwnPlaces(lookup, () => now);
});

const isOwn = (address: string, port = 443) => places.includes(address, port, 'browser');

test('where a browser goes on the public Internet no vault is looked up, whatever its name does', async () => {
  names.set('model.test', 'hangs');
  places.addServer({ host: 'model.test', port: 443, web: true });
  places.addVault('vault.test', 443, ['10.0.0.7']);
  names.set('vault.test', 'hangs');
  now += 60_000;
  expect(await isOwn('93.184.216.34')).toBe(false);
  expect(asked).toEqual([]);
});

test('a vault is closed where it was called, without a look-up, and at no other port', async () => {
  places.addVault('vault.test', 8200, ['10.0.0.7', '10.0.0.8']);
  expect(await isOwn('10.0.0.7', 8200)).toBe(true);
  expect(await isOwn('::ffff:10.0.0.8', 8200)).toBe(true);
  expect(await isOwn('10.0.0.9', 8200)).toBe(false);
  expect(await isOwn('10.0.0.7', 443)).toBe(false);
  expect(await places.includes('10.0.0.7', 8200, 'service')).toBe(false);
  expect(asked).toEqual([]);
});

test('a vault on this machine is closed at every address of the machine', async () => {
  places.addVault('127.0.0.1', 8200, ['127.0.0.1']);
  expect(await isOwn('127.0.0.9', 8200)).toBe(true);
  expect(await isOwn('10.0.0.7', 8200)).toBe(false);
});

test('a vault that moves to another inner address is closed there too, before it is called there', async () => {
  places.addVault('vault.test', 443, ['10.0.0.7']);
  names.set('vault.test', ['10.0.0.8']);
  now += 31_000;
  expect(await isOwn('10.0.0.8')).toBe(true);
  expect(await isOwn('10.0.0.7')).toBe(true);
  expect(await isOwn('10.0.0.9')).toBe(false);
  expect(asked).toEqual(['vault.test']);
  // Where its name is not known for a while, what was known stands.
  names.delete('vault.test');
  now += 31_000;
  expect(await isOwn('10.0.0.8')).toBe(true);
  expect(asked).toHaveLength(2);
});

test('a vault on the public Internet is not remembered, one whose name hangs is waited for once', async () => {
  places.addVault('public.test', 443, ['93.184.216.34']);
  places.addVault('vault.test', 443, ['10.0.0.7']);
  names.set('vault.test', 'hangs');
  now += 31_000;
  expect(await Promise.all([isOwn('10.0.0.9'), isOwn('10.0.0.9')])).toEqual([false, false]);
  expect(await isOwn('10.0.0.9')).toBe(false);
  expect(asked).toEqual(['vault.test']);
});

test('many vaults are remembered, and not without end: those called last', async () => {
  for (let index = 0; index < 2_000; index += 1) {
    places.addVault('used.test', 443, ['10.0.0.7']);
    places.addVault(`v${index}.test`, 443, [`10.1.${index >> 8}.${index & 255}`]);
  }
  now += 31_000;
  names.set('used.test', ['10.0.0.8']);
  expect(await isOwn('10.1.0.0')).toBe(false);
  expect(await isOwn('10.0.0.7')).toBe(true);
  expect(await isOwn('10.0.0.8')).toBe(true);
  expect(await isOwn('10.1.7.207')).toBe(true);
  expect(asked).toHaveLength(256);
});

test('the database is closed wherever its name leads, also where that was not known at first', async () => {
  places.addServer({ host: 'database.test', port: 5432, web: false });
  expect(await isOwn('93.184.216.34', 5432)).toBe(false);
  names.set('database.test', ['93.184.216.34']);
  expect(await isOwn('93.184.216.34', 5432)).toBe(true);
  expect(await isOwn('93.184.216.34', 5432)).toBe(true);
  expect(asked).toHaveLength(2);
});
