import { Writable } from 'node:stream';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { createLogger } from '../../src/log.ts';
import { Scrubber } from '../../src/scrub.ts';
import { BackgroundWork } from '../../src/vaults/background-work.ts';
import { bitwardenProvider } from '../../src/vaults/bitwarden-vault.ts';
import type { Vault } from '../../src/vaults/vault.ts';
import type { VaultEnvironment } from '../../src/vaults/vault-provider.ts';
import { type BwServe, passOn, startBwServe } from '../support/bw-serve.ts';
import { JsonService, type ServiceAnswer, type ServiceRequest } from '../support/json-service.ts';
import { vaultEnvironment } from './vault-environment.ts';

/** What the proxy wants to see with every call. */
export const API_TOKEN = 'proxy-token-0123456789';

/** `bw serve`, with a proxy before it where things go wrong. */
export interface BitwardenBehindProxy {
  readonly bw: BwServe;
  readonly background: BackgroundWork;
  readonly proxy: JsonService;
  /** What the proxy answers to this instead of asking; null: it asks. */
  instead: (request: ServiceRequest) => ServiceAnswer | null;
  /** A body of its configuration. */
  config(over?: Record<string, unknown>): Record<string, unknown>;
  open(over?: Record<string, unknown>, environment?: Partial<VaultEnvironment>): Vault;
  /** What the opened vaults logged, without a scrubber that knows the secrets: it holds none by itself. */
  log(): string;
  stop(): Promise<void>;
}

export async function startBitwarden(): Promise<BitwardenBehindProxy> {
  const bw = await startBwServe();
  const client = new GuardedClient(['127.0.0.0/8']);
  const background = new BackgroundWork();
  let lines = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines += chunk;
      done();
    },
  });
  const log = createLogger({ level: 'trace', scrubber: new Scrubber(), destination });
  const proxy = await JsonService.start(async (request) => {
    return bitwarden.instead(request) ?? (await passOn(bw.url, request));
  });
  const bitwarden: BitwardenBehindProxy = {
    bw,
    background,
    proxy,
    instead: () => null,
    config: (over = {}) => ({
      api_base_url: proxy.url,
      master_password: bw.server.masterPassword,
      api_token: API_TOKEN,
      ...over,
    }),
    open(over, environment) {
      const { config } = bitwardenProvider.parse({ config: this.config(over) });
      return bitwardenProvider.open(config, vaultEnvironment(client, { log, background, ...environment }));
    },
    log: () => lines,
    async stop() {
      await background.close();
      await client.close();
      // What was called off is still asked of `bw serve`.
      await proxy.idle();
      await proxy.close();
      await bw.stop();
    },
  };
  return bitwarden;
}
