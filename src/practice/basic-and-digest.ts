import { createHash, randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Refusal, sameText } from './accounts.ts';
import { html } from './html.ts';
import { sendPage } from './layout.ts';
import { wordsOf } from './sign-in.ts';
import type { Mechanism, Place } from './variant.ts';

const REALM = 'Lindgrove reports';
const NONCE_MS = 5 * 60_000;

/** What an `Authorization` header claims, and whether it is good for a password. */
interface Proof {
  username: string;
  right(password: string): boolean;
}

interface Challenge {
  /** The value of `WWW-Authenticate`. */
  header(): string;
  /** Null: not an answer to this challenge; `stale`: its nonce is over, nothing was judged. */
  read(request: FastifyRequest): Proof | 'stale' | null;
}

/** RFC 7617. */
function basic(): Challenge {
  return {
    header: () => `Basic realm="${REALM}", charset="UTF-8"`,
    read(request) {
      const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (encoded === undefined) return null;
      const text = Buffer.from(encoded, 'base64').toString('utf8');
      const at = text.indexOf(':');
      if (at < 0) return null;
      return { username: text.slice(0, at), right: (password) => sameText(password, text.slice(at + 1)) };
    },
  };
}

/** RFC 7616 with `qop=auth`; a nonce lives five minutes and each of its counts is good once. */
function digest(algorithm: 'MD5' | 'SHA-256', now: () => number): Challenge {
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const opaque = randomBytes(12).toString('hex');
  const nonces = new Map<string, { expiresAt: number; count: number }>();
  return {
    header() {
      for (const [nonce, { expiresAt }] of nonces) if (expiresAt <= now()) nonces.delete(nonce);
      const nonce = randomBytes(18).toString('base64url');
      nonces.set(nonce, { expiresAt: now() + NONCE_MS, count: 0 });
      return `Digest realm="${REALM}", qop="auth", algorithm=${algorithm}, nonce="${nonce}", opaque="${opaque}"`;
    },
    read(request) {
      const fields = digestFields(request.headers.authorization ?? '');
      if (!fields || fields.uri !== request.url || fields.qop !== 'auth' || fields.realm !== REALM) return null;
      const nonce = nonces.get(fields.nonce ?? '');
      const count = Number.parseInt(fields.nc ?? '', 16);
      if (!nonce || nonce.expiresAt <= now() || !(count > nonce.count)) return 'stale';
      nonce.count = count;
      const { username = '', uri, nc, cnonce, response = '' } = fields;
      return {
        username,
        right(password) {
          const secret = hash(`${username}:${REALM}:${password}`);
          const target = hash(`${request.method}:${uri}`);
          return sameText(response, hash(`${secret}:${fields.nonce}:${nc}:${cnonce}:auth:${target}`));
        },
      };
    },
  };
}

function digestFields(header: string): Record<string, string> | null {
  if (!/^Digest /i.test(header)) return null;
  const pairs = header.matchAll(/([a-z]+)=(?:"((?:\\.|[^"\\])*)"|([^\s,"]+))/gi);
  return Object.fromEntries(
    [...pairs].map(([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? '']),
  );
}

/**
 * The browser asks for name and password, there is no form and no session. The journal has every request that carried
 * an answer; as an attempt counts a refused one and the first accepted one after it, for what follows is the same login.
 */
export function challengeLogin(scheme: 'basic' | 'digest-md5' | 'digest-sha-256'): Mechanism {
  return (app, place) => {
    const { now } = place.site;
    const challenge = scheme === 'basic' ? basic() : digest(scheme === 'digest-md5' ? 'MD5' : 'SHA-256', now);
    const accepted = new Set<string>();
    for (const path of ['/', '/orders']) {
      app.get(path, (request, reply) => {
        const proof = challenge.read(request);
        if (proof === null || proof === 'stale') return ask(place, request, reply, challenge, proof === 'stale');
        const refused = judge(place, request, proof, accepted);
        if (refused) return ask(place, request, reply, challenge, false, refused);
        const name = place.site.accounts.get(proof.username)?.displayName ?? proof.username;
        const body = html`<section class="card wide"><h1>Reports</h1><p>Signed in as ${name}</p>
          <p>The report of this month is being written.</p><p><a href="/${place.variant.id}/orders">Orders</a></p></section>`;
        return sendPage(place, request, reply, { title: 'Reports', body });
      });
    }
  };
}

function judge({ site }: Place, request: FastifyRequest, proof: Proof, accepted: Set<string>): Refusal | null {
  const known = accepted.has(proof.username);
  site.journal.note(request, proof.username);
  const refused = site.accounts.checkProof(proof.username, proof.right);
  if (refused || !known) site.journal.note(request, proof.username, 'password');
  if (refused) accepted.delete(proof.username);
  else accepted.add(proof.username);
  if (!refused) site.accounts.succeeded(proof.username);
  return refused;
}

function ask(
  place: Place,
  request: FastifyRequest,
  reply: FastifyReply,
  challenge: Challenge,
  stale: boolean,
  refused?: Refusal,
): FastifyReply {
  reply.header('www-authenticate', `${challenge.header()}${stale ? ', stale=true' : ''}`);
  const words = refused ? wordsOf(place.texts(request), refused, request) : 'You need to sign in to read the reports.';
  const body = html`<section class="card"><h1>401 Unauthorized</h1><p>${words}</p></section>`;
  return sendPage(place, request, reply, { title: 'Unauthorized', status: 401, body });
}
