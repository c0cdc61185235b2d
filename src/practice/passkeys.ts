import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
  WebAuthnCredential,
} from '@simplewebauthn/server';
import type { FastifyRequest } from 'fastify';
import type { Session } from './sessions.ts';

/** A passkey as the site knows it. */
interface Known extends WebAuthnCredential {
  username: string;
}

/** The site's name for passkeys: they work on no IP address, so it is reached as localhost. */
const RP_ID = 'localhost';

/** Loaded at the first passkey: it asks the machine what its Web Crypto can, and Node warns of that on every start. */
const webAuthn = () => import('@simplewebauthn/server');

const originOf = (request: FastifyRequest): string => `http://${request.headers.host}`;

/** The passkeys of all accounts. A signature whose counter has not risen is refused, also when it is good. */
export class PasskeyBook {
  readonly #known = new Map<string, Known>();
  readonly #challenges = new WeakMap<Session, string>();

  of(username: string): { id: string; counter: number }[] {
    const own = [...this.#known.values()].filter((passkey) => passkey.username === username);
    return own.map(({ id, counter }) => ({ id, counter }));
  }

  forget(id: string): void {
    this.#known.delete(id);
  }

  async askToMake(session: Session): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const options = await (await webAuthn()).generateRegistrationOptions({
      rpName: 'Lindgrove',
      rpID: RP_ID,
      userName: session.username ?? '',
      attestationType: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    this.#challenges.set(session, options.challenge);
    return options;
  }

  /** True when the passkey is the account's from now on. */
  async take(request: FastifyRequest, session: Session, response: RegistrationResponseJSON): Promise<boolean> {
    const { verified, registrationInfo } = await (await webAuthn()).verifyRegistrationResponse({
      response,
      expectedChallenge: this.#challenge(session),
      expectedOrigin: originOf(request),
      expectedRPID: RP_ID,
    });
    if (!verified) return false;
    const { id, publicKey, counter } = registrationInfo.credential;
    this.#known.set(id, { id, publicKey, counter, username: session.username ?? '' });
    return true;
  }

  /** `username`: only passkeys of this account; null: any the browser has. */
  async ask(session: Session, username: string | null): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const own = username === null ? [] : this.of(username).map(({ id }) => ({ id }));
    const options = await (await webAuthn()).generateAuthenticationOptions({
      rpID: RP_ID,
      userVerification: 'required',
      allowCredentials: own,
    });
    this.#challenges.set(session, options.challenge);
    return options;
  }

  /** Whose passkey an answer claims to be of; null for one the site does not know. */
  ownerOf({ id }: AuthenticationResponseJSON): string | null {
    return this.#known.get(id)?.username ?? null;
  }

  /** Whether the answer was signed by a known passkey for this very question, with a counter that has risen. */
  async check(request: FastifyRequest, session: Session, response: AuthenticationResponseJSON): Promise<boolean> {
    const known = this.#known.get(response.id);
    if (!known) return false;
    try {
      const { verified, authenticationInfo } = await (await webAuthn()).verifyAuthenticationResponse({
        response,
        expectedChallenge: this.#challenge(session),
        expectedOrigin: originOf(request),
        expectedRPID: RP_ID,
        credential: known,
      });
      if (!verified) return false;
      known.counter = authenticationInfo.newCounter;
      return true;
    } catch {
      // It throws for a stale counter and a wrong signature alike.
      return false;
    }
  }

  /** Good for one answer. */
  #challenge(session: Session): string {
    const challenge = this.#challenges.get(session) ?? '';
    this.#challenges.delete(session);
    return challenge;
  }
}
