import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { KeyturnError } from '../errors.ts';

/** Calls in a minute; 0: no limit. Each process counts for itself. */
export interface RateLimits {
  /** Of one API key. */
  key: number;
  /** Of all keys of an organization together. */
  organization: number;
  /** With a wrong key, from one client address. */
  failedAuthentications: number;
}

export const NO_LIMITS: RateLimits = { key: 0, organization: 0, failedAuthentications: 0 };

const WINDOW_MS = 60_000;
/** The routes whose calls are counted. */
const LIMITED = /^(?:\/api)?\/v1\//;

/** What the limits make of a call. Each table holds the 5,000 that called last (the library's bound). */
export interface Limiter {
  /** Throws `rate_limited` while too many wrong keys came from the caller's address. */
  checkAddress(request: FastifyRequest): Promise<void>;
  /** Counts a wrong key against the caller's address. Throws `rate_limited` where that is one too many. */
  countFailure(request: FastifyRequest): Promise<void>;
  /** Counts a call of a known key, and says in the answer's headers how many are left. Throws `rate_limited`. */
  countCall(request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

type Check = ReturnType<FastifyInstance['createRateLimit']>;
type Counted = Extract<Awaited<ReturnType<Check>>, { isAllowed: false }>;

function refuse(counted: Counted, detail: string): never {
  throw new KeyturnError('rate_limited', { detail, retryAfter: Math.max(1, counted.ttlInSeconds) });
}

async function counted(check: Check | null, request: FastifyRequest, increment = true): Promise<Counted | null> {
  const result = await check?.(request, { increment });
  // There is no list of callers that are always let through.
  return result && !result.isAllowed ? result : null;
}

/** Makes the limits. Addresses are counted as the proxies that are trusted tell them, IPv6 ones by their /64. */
export async function limitRates(app: FastifyInstance, limits: RateLimits): Promise<Limiter> {
  await app.register(rateLimit, { global: false });
  const limiter = (max: number, keyGenerator?: (request: FastifyRequest) => string): Check | null =>
    max === 0 ? null : app.createRateLimit({ max, timeWindow: WINDOW_MS, ...(keyGenerator && { keyGenerator }) });
  const failures = limiter(limits.failedAuthentications);
  const ofKey = limiter(limits.key, (request) => request.apiKeyId);
  const ofOrganization = limiter(limits.organization, (request) => request.organization.organizationId);
  const tooManyFailures = 'Too many calls with a wrong API key came from this address.';
  return {
    async checkAddress(request) {
      const state = await counted(failures, request, false);
      if (state && state.remaining === 0 && state.ttl > 0) refuse(state, tooManyFailures);
    },
    async countFailure(request) {
      const state = await counted(failures, request);
      if (state?.isExceeded) refuse(state, tooManyFailures);
    },
    async countCall(request, reply) {
      // Metrics and the like are asked for by a clock, and must be there while a limit is reached.
      if (!LIMITED.test(request.routeOptions.url ?? '')) return;
      const key = await counted(ofKey, request);
      const organization = await counted(ofOrganization, request);
      const states = [key, organization].filter((state) => state !== null);
      const tightest = states.sort((a, b) => a.remaining - b.remaining)[0];
      if (!tightest) return;
      reply.header('ratelimit-limit', tightest.max);
      reply.header('ratelimit-remaining', tightest.remaining);
      reply.header('ratelimit-reset', tightest.ttlInSeconds);
      if (key?.isExceeded) refuse(key, `This API key makes more than ${key.max} calls a minute.`);
      if (organization?.isExceeded) {
        refuse(organization, `The API keys of this organization make more than ${organization.max} calls a minute.`);
      }
    },
  };
}
