import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import Type, { type Static } from 'typebox';

/** How a worker gets its browsers to the egress proxy. */
export const EgressAccessSchema = Type.Object({
  /** `http://127.0.0.1:<port>` */
  server: Type.String(),
  /** What the passwords of contexts are made from. */
  secret: Type.String(),
});
export type EgressAccess = Static<typeof EgressAccessSchema>;

/** One browser context at the proxy: the name it is known by and what it shows. */
export interface EgressPass {
  server: string;
  username: string;
  password: string;
}

function passwordOf(secret: string, username: string): string {
  return createHmac('sha256', secret).update(username).digest('base64url');
}

/**
 * A pass for a new context. A context is made before it is known which run gets it, in a thread of its own: so the name
 * is free, and the proxy knows the password by the secret both have.
 */
export function newPass({ server, secret }: EgressAccess): EgressPass {
  const username = randomUUID();
  return { server, username, password: passwordOf(secret, username) };
}

/** The name in a `Proxy-Authorization` header (RFC 7617), if its password is right; else null. */
export function nameOf(header: string | undefined, secret: string): string | null {
  const encoded = /^Basic +([A-Za-z0-9+/=]{1,256})$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return null;
  const [username = '', password = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 2);
  const wanted = Buffer.from(passwordOf(secret, username));
  const given = Buffer.from(password);
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? username : null;
}
