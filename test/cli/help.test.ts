import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readmeTable } from '../support/readme.ts';
import { type CommandLine, commandLine } from './command-line.ts';

let line: CommandLine;
beforeAll(async () => {
  line = await commandLine({ KEYTURN_PROT: 'help works under any settings' });
});
afterAll(() => line.close());

/** The names under "Commands:" of a help text, without the help command itself. */
async function commandsOf(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await line.run([...args, '--help']);
  expect([code, stderr]).toEqual([0, '']);
  const [, list = ''] = stdout.split('Commands:\n');
  return [...list.matchAll(/^ {2}([\w-]+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
}

describe("the README's table of commands", { timeout: 60_000 }, () => {
  const rows = readmeTable('Command').map(([name = '', what = '']) => ({ name: name.replaceAll('`', ''), what }));

  test('names every command', async () => {
    expect(await commandsOf()).toEqual(rows.map(({ name }) => name));
  });

  test.for(rows.filter(({ name }) => /^(browser|credentials|profiles|keys|organizations)$/.test(name)))(
    'names what $name can do',
    async ({ name, what }) => {
      const named = [...what.matchAll(/`([\w-]+)(?: <\w+>)?`/g)].map(([, word]) => word);
      expect(await commandsOf(name)).toEqual(named);
    },
  );
});
