import { JsonService, type ServiceAnswer, type ServiceRequest } from './json-service.ts';

interface Entry {
  versions: { data: unknown; deleted: boolean }[];
}

/**
 * What a server with a key-value engine of version 2 does of its documented HTTP API: data with check-and-set, metadata,
 * deletion of one version and of all, look-up of the token, sealed.
 */
export class HashicorpService {
  readonly token = 'hvs.CAESIJ-a-token-of-the-tests';
  sealed = false;
  readonly #mount: string;
  readonly #namespace: string | undefined;
  readonly #entries = new Map<string, Entry>();
  #service: JsonService | null = null;

  private constructor(mount: string, namespace: string | undefined) {
    this.#mount = mount;
    this.#namespace = namespace;
  }

  static async start({
    mount = 'secret',
    namespace,
  }: {
    mount?: string;
    namespace?: string;
  } = {}): Promise<HashicorpService> {
    const emulated = new HashicorpService(mount, namespace);
    emulated.#service = await JsonService.start((request) => emulated.#answer(request));
    return emulated;
  }

  get http(): JsonService {
    if (!this.#service) throw new Error('The service was not started.');
    return this.#service;
  }

  /** Every path below the mount that holds anything. */
  get paths(): string[] {
    return [...this.#entries.keys()];
  }

  /** Stores an item as somebody else does. */
  put(path: string, data: unknown): void {
    const entry = this.#entries.get(path) ?? { versions: [] };
    entry.versions.push({ data, deleted: false });
    this.#entries.set(path, entry);
  }

  /** Deletes the newest version, as `vault kv delete` does: the metadata stays. */
  softDelete(path: string): void {
    const newest = this.#entries.get(path)?.versions.at(-1);
    if (newest) newest.deleted = true;
  }

  #answer({ method, url, headers, text }: ServiceRequest): ServiceAnswer {
    if (this.sealed) return failed(503, 'Vault is sealed');
    if (headers['x-vault-token'] !== this.token || headers['x-vault-namespace'] !== this.#namespace) {
      return failed(403, '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n');
    }
    const path = decodeURIComponent(url.pathname);
    if (path === '/v1/auth/token/lookup-self') return { status: 200, body: { data: { policies: ['keyturn'] } } };
    const [, part, item] = new RegExp(`^/v1/${this.#mount}/(data|metadata)/(.+)$`).exec(path) ?? [];
    if (!part || !item) return failed(404, `no handler for route "${path.slice(4)}". route entry not found.`);
    if (part === 'metadata') return this.#metadata(method, item);
    if (method === 'GET') return this.#read(item);
    return method === 'POST' || method === 'PUT' ? this.#write(item, text) : failed(405, 'unsupported operation');
  }

  #read(item: string): ServiceAnswer {
    const versions = this.#entries.get(item)?.versions ?? [];
    const newest = versions.at(-1);
    if (!newest) return { status: 404, body: { errors: [] } };
    const metadata = {
      version: versions.length,
      destroyed: false,
      deletion_time: newest.deleted ? '2026-01-01T00:00:00Z' : '',
    };
    if (newest.deleted) return { status: 404, body: { data: { data: null, metadata } } };
    return { status: 200, body: { data: { data: newest.data, metadata } } };
  }

  #write(item: string, text: string): ServiceAnswer {
    const { data, options } = JSON.parse(text) as { data?: unknown; options?: { cas?: number } };
    const version = this.#entries.get(item)?.versions.length ?? 0;
    if (typeof data !== 'object' || data === null) return failed(400, 'no data provided');
    if (options?.cas === undefined) return failed(400, 'check-and-set parameter required for this call');
    if (options.cas !== version) return failed(400, 'check-and-set parameter did not match the current version');
    this.put(item, data);
    return { status: 200, body: { data: { version: version + 1, destroyed: false, deletion_time: '' } } };
  }

  #metadata(method: string, item: string): ServiceAnswer {
    const entry = this.#entries.get(item);
    if (method === 'DELETE') {
      this.#entries.delete(item);
      return { status: 204 };
    }
    if (method !== 'GET') return failed(405, 'unsupported operation');
    if (!entry) return { status: 404, body: { errors: [] } };
    return { status: 200, body: { data: { current_version: entry.versions.length, max_versions: 0 } } };
  }
}

function failed(status: number, error: string): ServiceAnswer {
  return { status, body: { errors: [error] } };
}
