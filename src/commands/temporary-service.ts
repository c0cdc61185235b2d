import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { type Config, loadConfig } from '../config.ts';
import { createRuntime } from '../runtime.ts';
import { type Client, httpClient } from './client.ts';

export interface TemporaryService extends Client {
  url: string;
  key: string;
  folder: string;
}

/** A whole service on a free port with its data in a temporary folder that goes when it is closed. */
export async function temporaryService(
  config: Config,
  options: { allowNetworks?: readonly string[]; progress?: (line: string) => void } = {},
): Promise<TemporaryService> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyturn-'));
  const key = randomBytes(24).toString('base64url');
  const quiet = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    const runtime = await createRuntime(
      {
        ...loadConfig({ KEYTURN_DATA_DIR: folder }),
        ...pick(config),
        port: 0,
        host: '127.0.0.1',
        apiKey: key,
        workers: 1,
        allowNetworks: [...config.allowNetworks, ...(options.allowNetworks ?? [])],
      },
      {
        logDestination: config.logLevel === 'debug' || config.logLevel === 'trace' ? process.stderr : quiet,
        progress: options.progress,
      },
    );
    const url = await runtime.listen();
    const client = httpClient(url, key);
    return {
      ...client,
      url,
      key,
      folder,
      close: async () => {
        await runtime.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** What a temporary service takes over from the environment. */
function pick({ chromium, runTimeoutSeconds, codeTimeoutSeconds, logLevel }: Config) {
  return { chromium, runTimeoutSeconds, codeTimeoutSeconds, logLevel };
}
