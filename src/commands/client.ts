import { randomUUID } from 'node:crypto';
import { hashApiKey, newApiKey } from '../api-keys/api-key.ts';
import { apiKeyRoutes } from '../api-keys/api-key-routes.ts';
import { openArtifactFiles } from '../artifacts/artifact-files.ts';
import { Artifacts } from '../artifacts/artifacts.ts';
import { auditRoutes } from '../audit/audit-routes.ts';
import type { Config } from '../config.ts';
import { credentialRoutes } from '../credentials/credential-routes.ts';
import { GuardedClient } from '../egress/guarded-client.ts';
import { KeyturnError } from '../errors.ts';
import { createApp } from '../http/app.ts';
import { newId } from '../ids.ts';
import { createLogger } from '../log.ts';
import { Metrics } from '../metrics/metrics.ts';
import { ensureFirstOrganization, firstKeyLine } from '../organizations/organization-store.ts';
import { profileRoutes } from '../profiles/profile-routes.ts';
import { ProfileStore } from '../profiles/profile-store.ts';
import { runRoutes } from '../runs/run-routes.ts';
import { Scrubber } from '../scrub.ts';
import { SEALED_PLACES } from '../sealed-places.ts';
import type { Storage } from '../storage/db.ts';
import { openStorage } from '../storage/open-storage.ts';
import { dataKeyRoutes } from '../vaults/data-key-routes.ts';
import { DataKeys } from '../vaults/data-keys.ts';
import { openVaults } from '../vaults/open-vaults.ts';
import { CommandFailed } from './command-failed.ts';

/** The API as the commands call it: of a running service, or of the data folder. */
export interface Client {
  /** The JSON of a 2xx answer. Throws CommandFailed with the answer's sentence otherwise. */
  call<T = unknown>(method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** The text of a 2xx answer to GET. Throws like `call`. */
  text(path: string): Promise<string>;
  /** The bytes of a 2xx answer to GET, as they come. Throws like `call`. */
  stream(path: string): Promise<AsyncIterable<Uint8Array>>;
  /** The key that lives as long as this client; null when the caller gave one. */
  readonly ownKeyId: string | null;
  close(): Promise<void>;
}

/** An answer of the API. */
interface Answer {
  status: number;
  body: AsyncIterable<Uint8Array>;
}

type Send = (method: string, path: string, body: unknown) => Promise<Answer>;

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function calls(send: Send): Pick<Client, 'call' | 'text' | 'stream'> {
  const bytes = async (method: string, path: string, body?: unknown): Promise<AsyncIterable<Uint8Array>> => {
    const answer = await send(method, path, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw CommandFailed.fromAnswer(answer.status, await textOf(answer.body));
  };
  const text = async (method: string, path: string, body?: unknown) => textOf(await bytes(method, path, body));
  return {
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const answer = await text(method, path, body);
      return (answer === '' ? null : JSON.parse(answer)) as T;
    },
    text: (path) => text('GET', path),
    stream: (path) => bytes('GET', path),
  };
}

/** Talks to a service over HTTP. Nothing is sent twice. */
export function httpClient(url: string, key: string): Client {
  const silent = () => new CommandFailed(`The service at ${url} does not answer.`);
  async function* whole(body: Response['body']): AsyncGenerator<Uint8Array> {
    try {
      yield* body ?? [];
    } catch {
      throw silent();
    }
  }
  return {
    ...calls(async (method, path, body) => {
      try {
        const response = await fetch(url + path, {
          method,
          headers: { 'x-api-key': key, ...(body !== undefined && { 'content-type': 'application/json' }) },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        return { status: response.status, body: whole(response.body) };
      } catch {
        throw silent();
      }
    }),
    ownKeyId: null,
    close: async () => {},
  };
}

/** What is open of a data folder while a command works on it. */
export interface OpenData {
  storage: Storage;
  dataKeys: DataKeys;
  close(): Promise<void>;
}

/** Opens the data folder (or the database) itself. Throws `data_dir_locked` while a service holds it. */
export async function openData(config: Config): Promise<OpenData> {
  let storage: Storage;
  try {
    storage = await openStorage({ ...config, checkKeys: (ids) => DataKeys.check(config, ids) });
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'data_dir_locked') {
      throw new CommandFailed(`${error.message} Set KEYTURN_URL and KEYTURN_API_KEY to talk to that service.`);
    }
    throw error;
  }
  try {
    const dataKeys = await DataKeys.load(config, storage.database);
    return { storage, dataKeys, close: () => storage.close() };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

/** The API over the data folder, without a port and without a browser, under a key that lives as long as the command. */
async function localClient(config: Config, organizationId: string | undefined): Promise<Client> {
  const data = await openData(config);
  const { storage, dataKeys } = data;
  try {
    const firstKey = await ensureFirstOrganization(storage.database, dataKeys, config.apiKey);
    // Beside the command's own output, which a program may be reading.
    if (firstKey) process.stderr.write(`${firstKeyLine(firstKey)}\n`);
    const setup = storage.database.asSystem('command-line');
    const organization = await setup.organization.findFirst({
      where: { id: organizationId },
      orderBy: [{ created_at: 'asc' }, { id: 'asc' }],
    });
    if (!organization) throw new CommandFailed(`There is no organization ${organizationId ?? ''} here.`);
    const profiles = new ProfileStore(dataKeys);
    const scrubber = new Scrubber();
    const log = createLogger({ level: 'silent', scrubber });
    const guarded = new GuardedClient(config.allowNetworks);
    let swept = true;
    const {
      secrets,
      sweep,
      close: closeVaults,
    } = openVaults({ config, sealer: dataKeys, client: guarded, log, scrubber, database: storage.database }, () => {
      swept = false;
    });
    const services = { secrets, profiles, dataKeys };
    const files = await openArtifactFiles(config.artifacts);
    const app = await createApp({
      log,
      storage,
      routes: [
        credentialRoutes(services),
        profileRoutes(services),
        apiKeyRoutes(storage),
        dataKeyRoutes(data, SEALED_PLACES),
        auditRoutes,
        runRoutes({ ...services, storage, artifacts: new Artifacts(files), log, metrics: new Metrics() }),
      ],
      health: {},
      actor: 'command_line',
    });
    const key = newApiKey();
    const id = newId('apiKey');
    await setup.apiKey.create({
      data: {
        id,
        organization_id: organization.id,
        name: `command ${randomUUID()}`,
        key_hash: hashApiKey(key),
        last_four: key.slice(-4),
        scopes: ['admin'],
        created_at: new Date(),
      },
    });
    return {
      ...calls(async (method, path, body) => {
        const answer = await app.inject({
          method: method as 'GET',
          url: path,
          headers: { 'x-api-key': key },
          ...(body !== undefined && { payload: body as object }),
          payloadAsStream: true,
        });
        return { status: answer.statusCode, body: answer.stream() };
      }),
      ownKeyId: id,
      async close() {
        await app.close();
        // What fails now is done by the next service on this data.
        if (!swept) await sweep(new Date());
        await closeVaults();
        await guarded.close();
        files.close();
        await setup.apiKey.deleteMany({ where: { id } });
        await data.close();
      },
    };
  } catch (error) {
    await data.close();
    throw error;
  }
}

/** With KEYTURN_URL a running service, else the data folder. */
export async function openClient(config: Config, organizationId?: string): Promise<Client> {
  if (config.url === null) return localClient(config, organizationId);
  if (config.apiKey === null) throw new CommandFailed('KEYTURN_URL is set, so KEYTURN_API_KEY must be set too.');
  return httpClient(config.url, config.apiKey);
}

/** Opens a client, works with it, closes it. */
export async function withClient<T>(
  config: Config,
  organizationId: string | undefined,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await openClient(config, organizationId);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
