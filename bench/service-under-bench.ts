import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureChromium } from '../src/browser/ensure-chromium.ts';
import { loadConfig } from '../src/config.ts';
import { type PracticeSite, startPracticeSite } from '../src/practice/practice-site.ts';
import { createRuntime } from '../src/runtime.ts';
import { type Admitted, admitTo } from './admit.ts';
import { type ApiCall, apiCaller } from './api-caller.ts';

/** A whole service and a practice site, both on loopback, for one run of the bench. */
export interface Bench {
  readonly site: PracticeSite;
  readonly account: { username: string; password: string };
  /** The codes the site has sent, by username. */
  readonly codes: ReadonlyMap<string, string>;
  /** The Chromium both sides drive. */
  readonly executable: string;
  /** Lets a hand-written context out through the service's own egress proxy, as the service's contexts go. */
  admit(): Admitted;
  call: ApiCall;
  /** The answer to a GET as text, for what is no JSON. */
  text(path: string): Promise<string>;
  close(): Promise<void>;
}

export async function startBench(): Promise<Bench> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyturn-bench-'));
  const key = randomBytes(24).toString('base64url');
  const account = { username: 'nadia', password: randomBytes(12).toString('base64url') };
  const codes = new Map<string, string>();
  const site = await startPracticeSite({
    accounts: [{ ...account, displayName: 'Nadia Rahal' }],
    deliver: ({ username, code }) => codes.set(username, code),
  });
  const config = loadConfig({
    KEYTURN_PORT: '0',
    KEYTURN_DATA_DIR: folder,
    KEYTURN_API_KEY: key,
    KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8',
    LOG_LEVEL: 'error',
    ...(process.env.KEYTURN_CHROMIUM && { KEYTURN_CHROMIUM: process.env.KEYTURN_CHROMIUM }),
  });
  const { executable } = await ensureChromium(config);
  const runtime = await createRuntime({ ...config, chromium: executable });
  const url = await runtime.listen();
  return {
    site,
    account,
    codes,
    executable,
    admit() {
      const { egress } = runtime;
      if (!egress) throw new Error('The service drives no browsers.');
      return admitTo(egress);
    },
    call: apiCaller(url, key),
    async text(route) {
      const response = await fetch(url + route, { headers: { 'x-api-key': key } });
      if (!response.ok) throw new Error(`GET ${route} answered ${response.status}`);
      return response.text();
    },
    async close() {
      await runtime.close();
      await site.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
