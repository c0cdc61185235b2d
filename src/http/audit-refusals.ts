import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditAction } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { ERRORS, type ErrorCode } from '../errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a call of this route does. That it was done is written where it is done; that it was not, here. */
    audit?: AuditAction;
  }
  interface FastifyRequest {
    /** The code of the error that the call is answered with. */
    refusedWith: ErrorCode | null;
  }
}

/** The ids in a path come from the caller: only what looks like one of ours is kept. */
const ID = /^[a-z]{1,8}_[0-9a-z]{1,60}$/;

function idsOf(request: FastifyRequest): { subject: string | null; related: string | null } {
  const ids = Object.values((request.params ?? {}) as Record<string, string>).filter((text) => ID.test(text));
  return { subject: ids.at(-1) ?? null, related: ids.length > 1 ? (ids[0] ?? null) : null };
}

/** Writes an event for each call of an audited route that a known key made in vain, before it is answered. */
export function auditRefusals(app: FastifyInstance): void {
  app.decorateRequest('refusedWith', null);
  app.addHook('onSend', async (request) => {
    const { audit: action } = request.routeOptions.config;
    const { refusedWith: code, organization, actor } = request;
    if (action === undefined || code === null || organization === undefined) return;
    try {
      await AuditLog.write(organization, {
        actor,
        action,
        ...idsOf(request),
        result: ERRORS[code].status < 500 ? 'refused' : 'failed',
        error_code: code,
      });
    } catch (error) {
      // Nothing was done or read, and the caller is owed the reason of that.
      request.log.error({ err: error, action }, 'a refusal is missing in the audit log');
    }
  });
}
