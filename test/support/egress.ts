import type { EgressProxy } from '../../src/egress/egress-proxy.ts';
import { openEgress } from '../../src/egress/open-egress.ts';

/** The way out for browsers of a test, closed but for these networks. The test closes it. */
export async function startEgress(allowNetworks: readonly string[]): Promise<EgressProxy> {
  const none = { databaseUrl: null, openaiBaseUrl: null, azureVaultUrl: null, otlp: null };
  return openEgress({ allowNetworks, ...none });
}
