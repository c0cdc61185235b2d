import { randomBytes } from 'node:crypto';
import { JsonService, type ServiceAnswer, type ServiceRequest } from './json-service.ts';

interface Item {
  id: string;
  title: string;
  category: string;
  vault: { id: string };
  fields?: Record<string, unknown>[];
  urls?: Record<string, unknown>[];
}

/** 26 characters, as 1Password names its things. */
export function connectId(): string {
  return [...randomBytes(26)].map((byte) => (byte % 36).toString(36)).join('');
}

const FIELD_TYPES = ['STRING', 'CONCEALED', 'OTP', 'CREDIT_CARD_NUMBER', 'CREDIT_CARD_TYPE', 'MONTH_YEAR'];
const CATEGORIES = ['LOGIN', 'PASSWORD', 'CREDIT_CARD', 'SECURE_NOTE', 'API_CREDENTIAL'];

/** What a Connect server does of its documented REST API: vaults by name, items by title, made, read and deleted. */
export class ConnectService {
  readonly token = 'eyJ-a-connect-token-of-the-tests';
  /** By id; the token reaches all of them. */
  readonly vaults = new Map<string, string>();
  readonly items = new Map<string, Item>();
  /** As before servers had it: lists are whole. */
  knowsFilters = true;
  #service: JsonService | null = null;

  static async start(vaultNames: readonly string[]): Promise<ConnectService> {
    const emulated = new ConnectService();
    for (const name of vaultNames) emulated.vaults.set(connectId(), name);
    emulated.#service = await JsonService.start((request) => emulated.#answer(request));
    return emulated;
  }

  get http(): JsonService {
    if (!this.#service) throw new Error('The service was not started.');
    return this.#service;
  }

  vaultNamed(name: string): string {
    return [...this.vaults].find(([, known]) => known === name)?.[0] ?? '';
  }

  /** Stores an item as somebody else does. */
  put(item: Omit<Item, 'id'>): string {
    const id = connectId();
    this.items.set(id, { id, ...item });
    return id;
  }

  #answer({ method, url, headers, text }: ServiceRequest): ServiceAnswer {
    if (headers.authorization !== `Bearer ${this.token}`) return failed(401, 'Invalid token signature');
    const [version, kind, vault, items, item, ...more] = url.pathname.slice(1).split('/').map(decodeURIComponent);
    if (version !== 'v1' || kind !== 'vaults' || more.length > 0) return failed(404, 'no such page');
    const filter = this.knowsFilters ? url.searchParams.get('filter') : null;
    if (vault === undefined) {
      const all = [...this.vaults].map(([id, name]) => ({ id, name }));
      return { status: 200, body: all.filter(({ name }) => filter === null || name === filtered(filter, 'name')) };
    }
    const name = this.vaults.get(vault);
    if (name === undefined) return failed(404, 'vault not found');
    if (items === undefined) return { status: 200, body: { id: vault, name } };
    if (item !== undefined) return this.#item(method, vault, item);
    if (method === 'POST') return this.#make(vault, text);
    const all = [...this.items.values()].filter((found) => found.vault.id === vault);
    const meant = all.filter(({ title }) => filter === null || title === filtered(filter, 'title'));
    return { status: 200, body: meant.map(({ fields: _fields, ...summary }) => summary) };
  }

  #make(vault: string, text: string): ServiceAnswer {
    const body = JSON.parse(text) as Item;
    const unknown = body.fields?.find(({ type }) => !FIELD_TYPES.includes(String(type)));
    if (body.vault?.id !== vault || !CATEGORIES.includes(body.category) || unknown) return failed(400, 'Invalid item');
    // An empty value is not kept.
    const fields = body.fields?.map(({ value, ...field }) => (value === '' ? field : { ...field, value }));
    const { title, category, urls } = body;
    const id = this.put({ title, category, vault: { id: vault }, ...(fields && { fields }), ...(urls && { urls }) });
    return { status: 200, body: this.items.get(id) };
  }

  #item(method: string, vault: string, id: string): ServiceAnswer {
    const item = this.items.get(id);
    if (item?.vault.id !== vault) return failed(404, 'item not found');
    if (method === 'GET') return { status: 200, body: item };
    this.items.delete(id);
    return { status: 204 };
  }
}

/** The value of `attribute eq "value"`. */
function filtered(filter: string, attribute: string): string | null {
  const [, value] = new RegExp(`^${attribute} eq ("(?:[^"\\\\]|\\\\.)*")$`).exec(filter) ?? [];
  return value === undefined ? null : (JSON.parse(value) as string);
}

function failed(status: number, message: string): ServiceAnswer {
  return { status, body: { status, message } };
}
