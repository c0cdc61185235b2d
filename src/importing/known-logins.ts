import type { CredentialType, CredentialView } from '../credentials/credential.ts';

/** What two credentials that are the same have in common. */
export interface Identity {
  type: CredentialType;
  name: string;
  /** Null: none is asked for. */
  username: string | null;
  origins: readonly string[];
  /** Of a card. */
  lastFour: string;
}

/**
 * What is there already. A login is the same with the same username at one of the same origins, or, where one of the two
 * names no origin, under the same name; a card with the same last digits under the same name; a secret by its name.
 */
export class KnownLogins {
  readonly #atOrigins = new Map<string, string>();
  readonly #byName = new Map<string, string>();
  readonly #withoutOrigin = new Map<string, string>();

  /** `what` is told of it where it is found again. */
  add(identity: Identity, what: string): void {
    for (const key of originKeys(identity)) this.#atOrigins.set(key, what);
    const named = nameKey(identity);
    this.#byName.set(named, what);
    if (identity.origins.length === 0) this.#withoutOrigin.set(named, what);
  }

  /** What was told of the one that is the same; null: there is none. */
  find(identity: Identity): string | null {
    const named = nameKey(identity);
    if (identity.origins.length === 0) return this.#byName.get(named) ?? null;
    const at = originKeys(identity).find((key) => this.#atOrigins.has(key));
    return (at && this.#atOrigins.get(at)) ?? this.#withoutOrigin.get(named) ?? null;
  }
}

function originKeys({ type, username, origins }: Identity): string[] {
  return origins.map((origin) => JSON.stringify([type, username, origin]));
}

function nameKey({ type, name, username, lastFour }: Identity): string {
  return JSON.stringify([type, name, username, lastFour]);
}

/** Of a credential as the API shows it. */
export function identityOf(view: CredentialView): Identity {
  const { credential_type: type, name, credential, allowed_origins: origins } = view;
  return {
    type,
    name,
    username: 'username' in credential ? credential.username : null,
    origins,
    lastFour: 'last_four' in credential ? credential.last_four : '',
  };
}
