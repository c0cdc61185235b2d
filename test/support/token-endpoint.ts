import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** How the next answers are. `drop`: the token is replaced, and the connection ends before that is said. */
export type TokenAnswer =
  | 'grant'
  | 'refuse'
  | 'error'
  | 'busy'
  | 'hang'
  | 'drop'
  | 'garbage'
  | 'huge'
  | 'redirect'
  | 'no-token';

export interface TokenEndpoint {
  readonly url: string;
  readonly introspection: string;
  /** The refresh token a credential is given at first. */
  readonly first: string;
  readonly client: { client_id: string; client_secret: string };
  answer: TokenAnswer;
  /** Seconds an access token is said to be good for; null: it is not said. */
  expiresIn: number | null;
  /** Every refresh that was asked for, by its refresh token. */
  readonly asked: string[];
  /** The most that were asked at once. */
  readonly mostAtOnce: () => number;
  /** Reuse of a replaced refresh token has ended the whole family. */
  readonly revoked: () => boolean;
  /** Everything that was granted: none of it may show. */
  readonly secrets: () => string[];
  readonly isActive: (accessToken: string) => boolean;
  /** What was granted so far opens nothing any more. */
  endAccess(): void;
  /** Answers are held back until the function that is returned is called. */
  hold(): () => void;
  /** A connection is open that has no answer yet. */
  readonly waiting: () => number;
  close(): Promise<void>;
}

/**
 * A token endpoint as RFC 6749 §6 has it, on a free loopback port. With `rotate` each refresh token is good once, and
 * reuse of one ends the family (RFC 9700 §4.14.2). At `/introspect` it says whose a token is (RFC 7662).
 */
export async function startTokenEndpoint({ rotate = true, user = 'oauth' } = {}): Promise<TokenEndpoint> {
  const first = 'kt-refresh-0-Wm3';
  const client = { client_id: 'keyturn-client', client_secret: 'kt-client-secret-9Lx' };
  const asked: string[] = [];
  const active = new Set<string>();
  const secrets = new Set([first, client.client_secret]);
  let current = first;
  let count = 0;
  let revoked = false;
  let [now, most] = [0, 0];
  let held: Promise<void> = Promise.resolve();

  const json = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const grant = (): Record<string, unknown> => {
    count += 1;
    const access = `kt-access-${count}-Rt8`;
    active.add(access);
    secrets.add(access);
    if (rotate) current = `kt-refresh-${count}-Wm3`;
    secrets.add(current);
    return {
      access_token: access,
      token_type: 'Bearer',
      ...(endpoint.expiresIn !== null && { expires_in: endpoint.expiresIn }),
      ...(rotate && { refresh_token: current }),
    };
  };
  const refresh = (form: URLSearchParams, response: ServerResponse): unknown => {
    const token = form.get('refresh_token') ?? '';
    asked.push(token);
    const known = form.get('client_id') === client.client_id && form.get('client_secret') === client.client_secret;
    if (!known) return json(response, 401, { error: 'invalid_client', error_description: 'secret of the endpoint' });
    if (form.get('grant_type') !== 'refresh_token') return json(response, 400, { error: 'unsupported_grant_type' });
    const { answer } = endpoint;
    if (token !== current && secrets.has(token)) revoked = true;
    if (answer === 'refuse' || revoked || token !== current) {
      return json(response, 400, { error: 'invalid_grant', error_description: `secret of the endpoint: ${token}` });
    }
    if (answer === 'error') return json(response, 500, { error: 'secret of the endpoint' });
    if (answer === 'busy') return json(response, 429, { error: 'secret of the endpoint' });
    if (answer === 'hang') return null;
    if (answer === 'garbage') return response.writeHead(200).end('<html>secret of the endpoint</html>');
    if (answer === 'no-token') return json(response, 200, { token_type: 'Bearer', secret: 'secret of the endpoint' });
    if (answer === 'redirect') return response.writeHead(307, { location: `${origin}/token` }).end();
    const granted = grant();
    if (answer === 'drop') return response.destroy();
    return json(response, 200, answer === 'huge' ? { padding: 'x'.repeat(200_000), ...granted } : granted);
  };
  const server = createServer(async (request, response) => {
    if (request.url === '/introspect') {
      const asks = new URLSearchParams(await text(request));
      return json(response, 200, { active: active.has(asks.get('token') ?? ''), username: user });
    }
    now += 1;
    most = Math.max(most, now);
    response.on('close', () => {
      now -= 1;
    });
    const form = new URLSearchParams(await text(request));
    await held;
    refresh(form, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const endpoint: TokenEndpoint = {
    url: `${origin}/token`,
    introspection: `${origin}/introspect`,
    first,
    client,
    answer: 'grant',
    expiresIn: 3600,
    asked,
    mostAtOnce: () => most,
    revoked: () => revoked,
    secrets: () => [...secrets],
    isActive: (token) => active.has(token),
    endAccess: () => active.clear(),
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    waiting: () => now,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return endpoint;
}
