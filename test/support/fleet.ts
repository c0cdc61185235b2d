import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type ServiceProgram, startServiceProgram } from './service-program.ts';

/** Several processes of the service that share one database, each as on a machine of its own. */
export interface Fleet {
  readonly masterKey: string;
  /** Everything all of them are started with. */
  readonly env: Record<string, string>;
  start(role: 'api' | 'worker', env?: Record<string, string>): Promise<ServiceProgram>;
  /** Ends them all, the hard way. */
  close(): Promise<void>;
}

/** Each process has a folder of its own below `folder`; what runs leave lies in one for all. */
export function fleetOn(folder: string, databaseUrl: string, settings: Record<string, string> = {}): Fleet {
  const masterKey = randomBytes(32).toString('base64');
  const env = {
    DATABASE_URL: databaseUrl,
    KEYTURN_MASTER_KEY: masterKey,
    KEYTURN_ARTIFACTS: path.join(folder, 'artifacts'),
    ...settings,
  };
  const programs: ServiceProgram[] = [];
  let machines = 0;
  return {
    masterKey,
    env,
    async start(role, more = {}) {
      machines += 1;
      const home = path.join(folder, `machine-${machines}`);
      await mkdir(home);
      // An API process has no use for a browser.
      const browser: Record<string, string> = role === 'api' ? { KEYTURN_CHROMIUM: '/nowhere/chromium' } : {};
      const program = await startServiceProgram(home, { ...env, KEYTURN_ROLE: role, ...browser, ...more });
      programs.push(program);
      return program;
    },
    async close() {
      await Promise.all(programs.map(({ program }) => program.close()));
    },
  };
}
