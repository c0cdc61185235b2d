import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SYSTEM_REASONS } from '../../src/storage/db.ts';

const SOURCE = path.resolve(import.meta.dirname, '../../src');

/** Who may look across organizations, and why. Every other query is limited to one. */
const ALLOWED: Record<string, string[]> = {
  'codes/mail-recipient.ts': ['arrival'],
  'codes/sms-webhook-store.ts': ['arrival'],
  'commands/client.ts': ['command-line'],
  'credentials/temporary-credential.ts': ['sweep'],
  'http/auth.ts': ['authentication'],
  'organizations/organization-store.ts': ['setup'],
  'runs/dispatcher.ts': ['dispatch'],
  'runs/heartbeat.ts': ['dispatch'],
  'runtime.ts': ['metrics'],
  'sweeps.ts': ['sweep'],
  'vaults/data-key-rotation.ts': ['key-rotation'],
  'vaults/data-keys.ts': ['key-rotation'],
  'vaults/vault-writes.ts': ['sweep'],
};

function calls(file: string): string[] {
  const text = readFileSync(path.join(SOURCE, file), 'utf8');
  return [...text.matchAll(/\.asSystem\(([^)]*)\)/g)].map((match) => match[1] ?? '');
}

test('only the listed files look across organizations, each for its reason', () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('storage/'),
  );
  const found = Object.fromEntries(
    files.map((file) => [file, [...new Set(calls(file))].sort()] as const).filter(([, reasons]) => reasons.length > 0),
  );
  const allowed = Object.fromEntries(
    Object.entries(ALLOWED).map(([file, reasons]) => [file, reasons.map((reason) => `'${reason}'`)]),
  );
  expect(found).toEqual(allowed);
});

test('each listed reason exists', () => {
  for (const reason of Object.values(ALLOWED).flat()) expect(SYSTEM_REASONS).toContain(reason);
});
