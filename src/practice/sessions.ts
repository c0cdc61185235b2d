import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readCookie, setCookie } from './cookies-and-bodies.ts';
import type { Way } from './factor-pages.ts';
import type { Step, Variant } from './variant.ts';

/** A visitor of one variant, signed in or not. Lives on the server; the browser holds only its id. */
export interface Session {
  id: string;
  /** Bound to the forms this session was shown. */
  readonly csrf: string;
  readonly variant: string;
  /** The name that was given on a step of its own; nothing was proven yet. */
  claimed: string | null;
  /** Whose login this is, once the password was right. */
  username: string | null;
  /** What is still asked after a right password; null until then. */
  pending: Step[] | null;
  signedIn: boolean;
  /** Keeps the cookie beyond the browser's end. */
  remember: boolean;
  /** Words for the next page that shows the form. */
  flash: string | null;
  /** The password was right, and its form is shown again with a field for the code. */
  asksCode: boolean;
  /** The second factor that was chosen. */
  way: Way | null;
  expiresAt: number;
}

const COOKIE = 'sid';
const REMEMBER_SECONDS = 30 * 86_400;
const MOST_SESSIONS = 10_000;

const newId = () => randomBytes(24).toString('base64url');

export class SessionTable {
  readonly #sessions = new Map<string, Session>();
  readonly #now: () => number;
  readonly #lifeMs: number;

  constructor(now: () => number, lifeSeconds: number) {
    this.#now = now;
    this.#lifeMs = lifeSeconds * 1000;
  }

  /** The session of a cookie, or of a bearer token, if it is alive and of this variant. */
  find(variant: Variant, request: FastifyRequest): Session | null {
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    const id = bearer ?? readCookie(request, COOKIE);
    const session = id ? this.#sessions.get(id) : undefined;
    if (!session || session.variant !== variant.id) return null;
    if (session.expiresAt > this.#now()) return session;
    this.end(session);
    return null;
  }

  /** The visitor's session, or a new one whose cookie goes out with this answer. */
  visit(variant: Variant, request: FastifyRequest, reply: FastifyReply): Session {
    const found = this.find(variant, request);
    if (found) return found;
    const session = this.create(variant);
    this.#send(session, reply);
    return session;
  }

  create(variant: Variant): Session {
    this.#sweep();
    const session: Session = {
      id: newId(),
      csrf: newId(),
      variant: variant.id,
      claimed: null,
      username: null,
      pending: null,
      signedIn: false,
      remember: false,
      flash: null,
      asksCode: false,
      way: null,
      expiresAt: this.#now() + this.#lifeMs,
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  /** Signs in under a new id: one that was planted before the login is worth nothing (session fixation). */
  signIn(session: Session, variant: Variant): void {
    if (variant.session === 'single') this.endAll(session.username ?? '', variant.id);
    session.signedIn = true;
    session.pending = null;
    session.expiresAt = this.#now() + this.#lifeMs;
    this.#rename(session);
  }

  /** Replaces the id and kills the old one at once. */
  rotate(session: Session, reply: FastifyReply): void {
    this.#rename(session);
    this.#send(session, reply);
  }

  sendCookie(session: Session, reply: FastifyReply): void {
    this.#send(session, reply);
  }

  end(session: Session): void {
    this.#sessions.delete(session.id);
  }

  /** Ends every signed-in session of an account, of one variant or of all. */
  endAll(username: string, variant?: string): void {
    for (const session of this.#sessions.values()) {
      const same = session.signedIn && session.username?.toLowerCase() === username.toLowerCase();
      if (same && (variant === undefined || session.variant === variant)) this.end(session);
    }
  }

  #rename(session: Session): void {
    this.#sessions.delete(session.id);
    session.id = newId();
    this.#sessions.set(session.id, session);
  }

  #send(session: Session, reply: FastifyReply): void {
    const maxAge = session.remember ? REMEMBER_SECONDS : undefined;
    setCookie(reply, COOKIE, session.id, { path: `/${session.variant}`, maxAge });
  }

  /** The dead first, then the oldest: a crawler must not fill the memory. */
  #sweep(): void {
    if (this.#sessions.size < MOST_SESSIONS) return;
    for (const session of this.#sessions.values()) if (session.expiresAt <= this.#now()) this.end(session);
    for (const session of this.#sessions.values()) if (this.#sessions.size >= MOST_SESSIONS) this.end(session);
  }
}
