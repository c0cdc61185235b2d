import type { ItemKey } from './vault.ts';

const MAX_NAME = 100;

/** The name of an item, for people and for `find`: the credential's name and, in brackets, the key. */
export function itemName(name: string, key: ItemKey): string {
  return `${name.slice(0, MAX_NAME)} (${keyText(key)})`;
}

/** The key as it stands in an item's name. */
export function keyText({ credentialId, writeId }: ItemKey): string {
  return `${credentialId} ${writeId}`;
}

/** Whether this is the name of an item with the key. */
export function isNamed(name: unknown, key: ItemKey): boolean {
  return typeof name === 'string' && name.endsWith(`(${keyText(key)})`);
}
