import { destinationAt, isSafe, operationOf } from '../login/destination.ts';
import { isNoise } from '../login/noise.ts';
import type { FusePolicy, FuseProof } from '../login/ports.ts';
import { CredentialMatcher, type OutgoingRequest } from './credential-match.ts';

/** A pre-check and then the login itself. */
const MAX_PATHS = 2;
/** So many destinations are remembered. */
const MAX_EARLY = 200;

/**
 * What is to become of a request: on its way as it is, sent as the one submission or as what is taken for it, held until
 * it is clear whether that was right, or stopped.
 */
export type Verdict = 'pass' | 'send' | 'presume' | 'hold' | 'stop';

interface Place {
  method: string;
  origin: string;
  path: string;
}

interface Action {
  matchers: CredentialMatcher[];
  /** Where its secrets went: method, origin and path. */
  sent: Set<string>;
  submitted: boolean;
  /** Where no secret was recognised: the request that is taken for the submission. */
  presumed: { place: string; operation: string | null } | null;
}

/**
 * Decides, request by request, what one action of the engine may send: its secret at most once to each method, origin and
 * path, to at most two of them, and never to an origin that is not allowed. Knows secrets only as matchers.
 */
export class FuseRules {
  /** A submission was sent and no answer came. */
  lost = false;
  /** How often a secret has left. */
  sends = 0;
  readonly #policy: FusePolicy;
  readonly #actions: Action[] = [];
  /** Where the page sent something while a form was filled in. */
  readonly #early = new Set<string>();
  #proof: FuseProof | null = null;

  constructor(policy: FusePolicy) {
    this.#policy = policy;
  }

  /** The first request that was stopped. */
  get proof(): FuseProof | null {
    return this.#proof;
  }

  /** The next action types these secrets. Those of earlier actions keep what is left to them. */
  begin(secrets: readonly string[]): void {
    this.#actions.push({
      matchers: secrets.map((secret) => new CredentialMatcher(secret, this.#policy.notSecret)),
      sent: new Set(),
      submitted: false,
      presumed: null,
    });
  }

  /** The engine is about to send what it typed: from here on a request may be the submission without looking like it. */
  submitted(): void {
    const action = this.#actions.at(-1);
    if (action) action.submitted = true;
  }

  /** `held`: it was held already, for as long as can be waited. */
  judge(request: OutgoingRequest, held = false): Verdict {
    const place = placeOf(request.method, request.url);
    if (!place) return 'pass';
    const verdict = this.#judge(place, (matcher) => matcher.isIn(request), request);
    return verdict === 'hold' && held ? this.#stop(place, 'heuristic') : verdict;
  }

  /** A message on a WebSocket at `url`. */
  judgeMessage(url: string, message: string | Buffer): Verdict {
    const place = placeOf('WEBSOCKET', url.replace(/^ws/, 'http'));
    if (!place) return 'pass';
    return this.#judge(place, (matcher) => matcher.isInMessage(message), null);
  }

  /** Whether a redirect may be followed: 307 and 308 bring the body along (RFC 9110 §15.4.8), others only their address. */
  judgeRedirect(status: number, from: OutgoingRequest, location: string): Verdict {
    const place = placeOf(from.method, location);
    if (!place) return 'pass';
    const repeats = status === 307 || status === 308;
    const carries =
      repeats || this.#carrier((matcher) => matcher.isIn({ method: 'GET', url: location, headers: {}, body: null }));
    if (!carries || this.#policy.allows(place.origin)) return 'pass';
    return this.#stop(repeats ? place : { ...place, method: 'GET' }, 'foreign');
  }

  #judge(place: Place, carries: (matcher: CredentialMatcher) => boolean, request: OutgoingRequest | null): Verdict {
    const action = this.#carrier(carries);
    if (!action) return request ? this.#judgeUnmatched(place, request) : 'pass';
    if (!this.#policy.allows(place.origin)) return this.#stop(place, 'foreign');
    const key = keyOf(place);
    if (action.sent.has(key) || action.sent.size >= MAX_PATHS) return this.#stop(place, 'repeat');
    action.sent.add(key);
    this.sends += 1;
    return 'send';
  }

  /** The latest action with a secret of its own in the request: a code's request may carry the password again. */
  #carrier(carries: (matcher: CredentialMatcher) => boolean): Action | undefined {
    return this.#actions.findLast(({ matchers }) => matchers.some(carries));
  }

  /** The page may have made something else of the secret: then the first thing it sends is taken for the submission. */
  #judgeUnmatched(place: Place, request: OutgoingRequest): Verdict {
    const action = this.#actions.at(-1);
    if (!action || action.sent.size > 0) return 'pass';
    if (isSafe(request.method) || !this.#policy.allows(place.origin)) return 'pass';
    if (isNoise(place.path)) return 'pass';
    const key = keyOf(place);
    const operation = operationOf(request.body);
    const destination = destinationAt(key, operation);
    if (!action.submitted) {
      if (this.#early.size < MAX_EARLY) this.#early.add(destination);
      return 'pass';
    }
    // What a page sent before, of each key or of a name, it sends at the click as well.
    if (this.#early.has(destination) || this.#policy.known(destination)) return 'pass';
    if (!action.presumed) {
      action.presumed = { place: key, operation };
      return 'presume';
    }
    if (action.presumed.place !== key) return 'pass';
    if (operation !== null && action.presumed.operation !== null && operation !== action.presumed.operation)
      return 'pass';
    return 'hold';
  }

  #stop({ method, origin, path }: Place, kind: FuseProof['kind']): Verdict {
    this.#proof ??= { kind, method, origin, path, at: new Date().toISOString() };
    return 'stop';
  }
}

function placeOf(method: string, url: string): Place | null {
  const address = URL.parse(url);
  if (!address || !/^https?:$/.test(address.protocol)) return null;
  return { method, origin: address.origin, path: address.pathname };
}

const keyOf = ({ method, origin, path }: Place): string => `${method} ${origin}${path}`;
