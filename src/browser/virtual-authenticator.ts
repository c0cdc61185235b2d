import type { BrowserContext, CDPSession, Page } from 'playwright';

/** A passkey as it is put into the browser. Bytes in base64url, the private key as PKCS#8. */
export interface SeededPasskey {
  id: string;
  rp_id: string;
  user_handle: string;
  private_key: string;
  sign_count: number;
}

/** What is told of a passkey in the browser. */
export interface PasskeyHooks {
  /** It signed: called once, before the page has the answer or right after. */
  onUsed(): void;
  /** Nothing can sign with it any more, and its counter came this far: called once, and never where that is not sure. */
  onSettled(signCount: number): void;
}

interface Seat {
  page: Page;
  session: CDPSession;
  authenticatorId: string;
}

const inBase64 = (text: string): string => Buffer.from(text, 'base64url').toString('base64');

/**
 * One passkey in the pages of one context, good for one signature. It is Chromium's own virtual authenticator, so the
 * browser itself holds what is asked against the origin that asks (Web Authentication §5.1.4); `context.credentials`
 * is a script in the page that takes the page's word for its origin, and any frame could have had a signature for
 * another site.
 */
export class VirtualAuthenticator {
  readonly #context: BrowserContext;
  readonly #passkey: SeededPasskey;
  readonly #hooks: PasskeyHooks;
  readonly #seats: Seat[] = [];
  readonly #onPage: (page: Page) => void;
  #signCount: number;
  #withdrawn: Promise<void> | null = null;
  used = false;

  private constructor(context: BrowserContext, passkey: SeededPasskey, hooks: PasskeyHooks) {
    this.#context = context;
    this.#passkey = passkey;
    this.#hooks = hooks;
    this.#signCount = passkey.sign_count;
    // A window the site opens is gone before it has one, at worst.
    this.#onPage = (page) => void this.#seat(page).catch(() => undefined);
  }

  /** Puts the passkey into a context before its pages are opened: pages may ask for it while they load. */
  static async install(
    context: BrowserContext,
    passkey: SeededPasskey,
    hooks: PasskeyHooks,
  ): Promise<VirtualAuthenticator> {
    const authenticator = new VirtualAuthenticator(context, passkey, hooks);
    await context.addInitScript(refuseToMakePasskeys);
    await Promise.all(context.pages().map((page) => authenticator.#seat(page)));
    context.on('page', authenticator.#onPage);
    return authenticator;
  }

  async #seat(page: Page): Promise<void> {
    const session = await this.#context.newCDPSession(page);
    await session.send('WebAuthn.enable', { enableUI: false });
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    session.on('WebAuthn.credentialAsserted', ({ credential }) => this.#asserted(credential.signCount));
    this.#seats.push({ page, session, authenticatorId });
    if (this.#withdrawn) return;
    const { id, rp_id, user_handle, private_key } = this.#passkey;
    await session.send('WebAuthn.addCredential', {
      authenticatorId,
      credential: {
        credentialId: inBase64(id),
        isResidentCredential: true,
        rpId: rp_id,
        privateKey: inBase64(private_key),
        userHandle: inBase64(user_handle),
        signCount: this.#signCount,
      },
    });
  }

  #asserted(signCount: number): void {
    this.#signCount = Math.max(this.#signCount, signCount);
    if (this.used) return;
    this.used = true;
    this.#hooks.onUsed();
    void this.withdraw();
  }

  /**
   * Takes the passkey out of every page. Chromium answers in order: when it has answered, every signature was told. Where
   * it does not answer, nobody can know how far the counter came. Never rejects.
   */
  withdraw(): Promise<void> {
    this.#withdrawn ??= this.#withdraw();
    return this.#withdrawn;
  }

  async #withdraw(): Promise<void> {
    this.#context.off('page', this.#onPage);
    const credentialId = inBase64(this.#passkey.id);
    const gone = await Promise.all(
      this.#seats.map(({ page, session, authenticatorId }) =>
        session.send('WebAuthn.removeCredential', { authenticatorId, credentialId }).then(
          () => true,
          () => page.isClosed() && this.#context.browser()?.isConnected() === true,
        ),
      ),
    );
    if (gone.every(Boolean)) this.#hooks.onSettled(this.#signCount);
  }
}

/** Runs in every page: none may make a passkey by itself, whose key would be lost with the browser. Needs nothing of this module. */
function refuseToMakePasskeys(): void {
  const container = globalThis.CredentialsContainer?.prototype;
  if (!container) return;
  const create = container.create;
  container.create = function (options) {
    if (!options?.publicKey) return create.call(this, options);
    return Promise.reject(new DOMException('The operation is not allowed.', 'NotAllowedError'));
  };
}
