import { randomUUID } from 'node:crypto';
import { JsonService, type ServiceAnswer, type ServiceRequest } from './json-service.ts';

type Item = Record<string, unknown>;

/** What a service of the contract may go without. */
export interface Lacking {
  /** It answers `?name=` with all items. */
  search?: boolean;
}

const BASE = '/vault/items';

/** The fields of an item by type, besides `name`, `type` and `keyturn`. */
const FIELDS: Record<string, string[]> = {
  password: ['username', 'password', 'totp', 'totp_type', 'totp_identifier', 'allowed_origins'],
  credit_card: ['card_number', 'card_cvv', 'card_exp_month', 'card_exp_year', 'card_brand', 'card_holder_name'],
  secret: ['secret_value', 'secret_label'],
};

/** A reference for the contract of custom vault services in the README, in memory. */
export class CustomVaultServer {
  token = `token-${randomUUID()}`;
  readonly items = new Map<string, Item>();
  readonly #lacking: Lacking;
  /** What was answered to an Idempotency-Key, and what had been asked. */
  readonly #answered = new Map<string, { text: string; id: string }>();
  /** Waited for before a request is answered. */
  hold: ((request: ServiceRequest) => Promise<void>) | null = null;
  http!: JsonService;

  private constructor(lacking: Lacking) {
    this.#lacking = lacking;
  }

  static async start(lacking: Lacking = {}): Promise<CustomVaultServer> {
    const server = new CustomVaultServer(lacking);
    server.http = await JsonService.start(async (request) => {
      await server.hold?.(request);
      return server.#answer(request);
    });
    return server;
  }

  /** Its `api_base_url`. */
  get url(): string {
    return `${this.http.url}${BASE}`;
  }

  /** Lays an item in, as the customer does. */
  put(item: Item): string {
    const id = randomUUID();
    this.items.set(id, item);
    return id;
  }

  #answer(request: ServiceRequest): ServiceAnswer {
    const { method, url, headers } = request;
    if (headers.authorization !== `Bearer ${this.token}`) return failure(401, 'The token is not known.');
    if (url.pathname === BASE) {
      if (method === 'POST') return this.#create(request);
      return method === 'GET' ? this.#list(url.searchParams.get('name')) : failure(405, 'Not offered here.');
    }
    const id = url.pathname.startsWith(`${BASE}/`) ? decodeURIComponent(url.pathname.slice(BASE.length + 1)) : '';
    const item = this.items.get(id);
    if (!item) return failure(404, 'There is no such item.');
    if (method === 'GET') return { status: 200, body: item };
    if (method !== 'DELETE') return failure(405, 'Not offered here.');
    this.items.delete(id);
    return { status: 204 };
  }

  #list(name: string | null): ServiceAnswer {
    const all = [...this.items].map(([id, item]) => ({ id, name: item.name }));
    return {
      status: 200,
      body: name === null || this.#lacking.search ? all : all.filter((item) => item.name === name),
    };
  }

  #create({ headers, text }: ServiceRequest): ServiceAnswer {
    const key = headers['idempotency-key'];
    if (typeof key !== 'string') return failure(400, 'Idempotency-Key is missing.');
    const before = this.#answered.get(key);
    if (before) return before.text === text ? created(before.id) : failure(409, 'Another item was made with this key.');
    const item = JSON.parse(text) as Item;
    const fields = FIELDS[String(item.type)];
    if (!fields) return failure(400, 'The type is not known.');
    const strange = Object.keys(item).filter((name) => !['name', 'type', 'keyturn', ...fields].includes(name));
    if (strange.length > 0) return failure(400, `The fields ${strange.join(', ')} are not known.`);
    const id = this.put(item);
    this.#answered.set(key, { text, id });
    return created(id);
  }
}

const created = (id: string): ServiceAnswer => ({ status: 201, body: { id } });
const failure = (status: number, message: string): ServiceAnswer => ({ status, body: { error: { message } } });
