import { setTimeout as delay } from 'node:timers/promises';
import type { APIResponse, BrowserContext, Request, Route } from 'playwright';
import type { Fuse, FusePolicy } from '../login/ports.ts';
import type { OutgoingRequest } from './credential-match.ts';
import { FuseRules } from './fuse-rules.ts';
import { isFramed } from './is-framed.ts';
import { silenceLeaving } from './silence-leaving.ts';

/** How long the site may take to answer the submission. */
const ANSWER_MS = 45_000;
/** How long a likely repeat is held: with the secret in another request it was none. Then how often that is looked at. */
const HOLD_MS = 4_000;
const LOOK_MS = 20;
/** Redirects that bring the body along, in one submission. */
const MAX_HOPS = 5;

/**
 * The fuse of one context: sees what every page, frame, pop-up and worker of it sends, and lets the credential out as the
 * rules say. Sockets are watched from the start, because one that is open already cannot be watched later; requests only
 * from the moment it is armed, because routing costs time and the cache.
 */
export class NetworkFuse {
  readonly #context: BrowserContext;
  readonly #onLost: (url: string) => void;
  #rules: FuseRules | null = null;
  #isOver: () => boolean = () => false;
  /** Requests that a secret was recognised in. */
  readonly #carriers = new WeakSet<Request>();

  private constructor(context: BrowserContext, onLost: (url: string) => void) {
    this.#context = context;
    this.#onLost = onLost;
  }

  /** For a new context, before its first page. `onLost` is told where a submission went that got no answer. */
  static async create(context: BrowserContext, onLost: (url: string) => void = () => undefined): Promise<NetworkFuse> {
    const fuse = new NetworkFuse(context, onLost);
    await context.addInitScript(silenceLeaving);
    await context.routeWebSocket(/.*/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        if (fuse.#isOver()) return;
        if (fuse.#rules?.judgeMessage(socket.url(), message) !== 'stop') server.send(message);
      });
    });
    return fuse;
  }

  /**
   * Call just before the first secret is filled in. It stays armed until the context closes. Once the run `isOver`
   * nothing leaves any more: it may have been given to another process, or ended, while this one stood still.
   */
  async arm(policy: FusePolicy, isOver: () => boolean = () => false): Promise<Fuse> {
    const rules = new FuseRules(policy);
    this.#rules = rules;
    this.#isOver = isOver;
    const underWay = new Set<Promise<void>>();
    await this.#context.route(/.*/, async (route) => {
      if (isOver()) return stop(route);
      const waitFor = (work: Promise<void>) => {
        underWay.add(work);
        return work.finally(() => underWay.delete(work));
      };
      const work = this.#carryOut(route, rules, waitFor);
      return route.request().isNavigationRequest() ? waitFor(work) : work;
    });
    return {
      get busy() {
        return underWay.size > 0;
      },
      idle: async () => {
        await Promise.all(underWay);
      },
      get lost() {
        return rules.lost;
      },
      get sends() {
        return rules.sends;
      },
      carried: (request) => this.#carriers.has(request),
      begin: (secrets) => rules.begin(secrets),
      submitted: () => rules.submitted(),
      get proof() {
        return rules.proof;
      },
    };
  }

  /** `waitFor`: the engine does not look before this is over. */
  async #carryOut(route: Route, rules: FuseRules, waitFor: (work: Promise<void>) => Promise<void>): Promise<void> {
    const request = outgoing(route.request());
    let verdict = rules.judge(request);
    if (verdict === 'hold') {
      await waitFor(nextSend(rules));
      verdict = this.#isOver() ? 'stop' : rules.judge(request, true);
    }
    if (verdict === 'pass') return route.continue().catch(gone);
    if (verdict === 'stop') return stop(route);
    if (verdict === 'send') this.#carriers.add(route.request());
    return sendOnce(route, request, rules, this.#onLost).catch(gone);
  }
}

/** Resolves when a secret has left, or when none has for as long as a page may take to send one. */
async function nextSend(rules: FuseRules): Promise<void> {
  const { sends } = rules;
  const deadline = performance.now() + HOLD_MS;
  while (rules.sends === sends && performance.now() < deadline) await delay(LOOK_MS);
}

/** Rejects when the page is gone, and the request with it. */
const gone = (): void => undefined;

const stop = (route: Route): Promise<void> => route.abort('blockedbyclient').catch(gone);

function outgoing(request: Request): OutgoingRequest {
  return { method: request.method(), url: request.url(), headers: request.headers(), body: request.postDataBuffer() };
}

/**
 * Sends the credential request from here instead of from the browser, which follows 307 and 308 with the body to any
 * origin unseen, and sends a POST again by itself when the server drops a kept-alive connection after reading it. A
 * redirect that repeats the request is followed here, as part of the same submission, while its origin is allowed.
 */
async function sendOnce(
  route: Route,
  request: OutgoingRequest,
  rules: FuseRules,
  onLost: (url: string) => void,
): Promise<void> {
  const options = { maxRedirects: 0, maxRetries: 0, timeout: ANSWER_MS, headers: headersOf(route.request()) };
  let url = request.url;
  let response: APIResponse;
  try {
    response = await route.fetch(options);
    for (let hops = 1; ; hops += 1) {
      const location = response.headers().location;
      if (location === undefined || response.status() < 300 || response.status() >= 400) break;
      const next = new URL(location, url).href;
      if (rules.judgeRedirect(response.status(), request, next) === 'stop') return await route.abort('blockedbyclient');
      if (response.status() !== 307 && response.status() !== 308) break;
      if (hops > MAX_HOPS) return await route.abort('failed');
      url = next;
      response = await route.fetch({ ...options, url });
    }
  } catch (error) {
    rules.lost = true;
    onLost(url);
    return route.abort(/timed? ?out|exceeded/i.test(String(error)) ? 'timedout' : 'connectionreset');
  }
  const headers = response.headersArray();
  const moved = headers.find(({ name }) => name.toLowerCase() === 'location');
  if (!moved || url === request.url) return route.fulfill({ response });
  // Relative to where the last answer came from, not to where the first request went.
  return route.fulfill({ response, headers: { ...response.headers(), location: new URL(moved.value, url).href } });
}

/** The browser's own headers, and those it adds below the point where requests are seen (Fetch Metadata). */
function headersOf(request: Request): Record<string, string> {
  const headers = request.headers();
  const navigates = request.isNavigationRequest();
  return {
    ...headers,
    'sec-fetch-site': siteOf(headers.origin ?? headers.referer, request.url()),
    'sec-fetch-mode': navigates ? 'navigate' : 'cors',
    'sec-fetch-dest': navigates ? (isFramed(request) ? 'iframe' : 'document') : 'empty',
    ...(navigates && { 'sec-fetch-user': '?1' }),
  };
}

/** Sec-Fetch-Site, but for the registrable domain: hosts that share their last two labels are taken for one site. */
function siteOf(from: string | undefined, to: string): string {
  const [source, target] = [URL.parse(from ?? ''), URL.parse(to)];
  if (!source || !target) return 'cross-site';
  if (source.origin === target.origin) return 'same-origin';
  const site = (host: string) => host.split('.').slice(-2).join('.');
  return source.protocol === target.protocol && site(source.hostname) === site(target.hostname)
    ? 'same-site'
    : 'cross-site';
}
