import type { PracticeSite } from '../../src/practice/practice-site.ts';

/** A page as a visitor without a browser has it. */
export interface Visit {
  status: number;
  headers: Headers;
  /** Where the answer leads, from the origin on; null when it is a page. */
  location: string | null;
  text: string;
  /** The words of the error box, or null. */
  error: string | null;
}

/** Follows no redirect and keeps cookies, so that a test sees each answer. Forms are sent with their hidden fields. */
export class Visitor {
  /** By path, then by name. */
  readonly #cookies = new Map<string, string>();
  readonly #site: PracticeSite;
  readonly #variant: string;
  #page = '';
  #address = '';

  constructor(site: PracticeSite, variant: string) {
    this.#site = site;
    this.#variant = variant;
  }

  get cookie(): string {
    return this.#cookies.get('sid') ?? '';
  }

  set cookie(value: string) {
    this.#cookies.set('sid', value);
  }

  async open(path?: string): Promise<Visit> {
    return this.#send(this.#site.url(this.#variant, path));
  }

  /** Posts the page's form (the one whose action ends in `action`, if given) with these values. */
  async post(values: Record<string, string>, action?: string): Promise<Visit> {
    const forms = [...this.#page.matchAll(/<form method="post" action="([^"]+)">([\s\S]*?)<\/form>/g)];
    const form = action ? forms.find(([, where]) => where?.endsWith(action)) : forms.at(-1);
    if (!form) throw new Error(`No such form on ${this.#address}`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(form[2] ?? '')?.[1];
    const body = new URLSearchParams({ ...(csrf ? { csrf } : {}), ...values });
    return this.#send(new URL((form[1] ?? '').replaceAll('&amp;', '&'), this.#address).href, { method: 'POST', body });
  }

  /** Opens the login page, fills the form in and sends it. */
  async signIn(username: string, password: string, query = ''): Promise<Visit> {
    const opened = await this.open(`login${query}`);
    if (opened.location) throw new Error('The visitor is signed in already');
    return this.post({ username, password });
  }

  async #send(address: string, init: RequestInit = {}): Promise<Visit> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(address, { ...init, redirect: 'manual', headers: cookie ? { cookie } : {} });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
    const text = await response.text();
    if (text) [this.#page, this.#address] = [text, address];
    return {
      status: response.status,
      headers: response.headers,
      location: response.headers.get('location'),
      text,
      error: /<div class="error" role="alert">([^<]*)</.exec(text)?.[1] ?? null,
    };
  }
}
