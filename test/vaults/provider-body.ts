import { Compile } from 'typebox/compile';
import type { VaultProvider } from '../../src/vaults/vault-provider.ts';

/** Whether a body passes a provider's schema, as the route checks it. */
export function fits<Config>(provider: VaultProvider<Config>, body: unknown): boolean {
  return Compile(provider.schema).Check(body);
}

/** What a piece of work throws; fails where it throws nothing. */
export function refusal(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was refused.');
}
