import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { invalidAt } from '../errors.ts';
import { allows } from '../http/scopes.ts';
import type { OrganizationDb } from '../storage/db.ts';
import { type ArrivedMessage, arrive, type InboxServices } from './arrive.ts';
import { type CodeView, codeView } from './code.ts';
import { CodeQuery, CodeSchema, PushBody } from './code-schemas.ts';
import { listCodes, visibleCode } from './code-store.ts';

/** A body of 1 MB of text, escaped as JSON may be, and what goes with it. */
const BODY_LIMIT = 8 * 1024 * 1024;
/** A code is not kept waiting for longer. */
const LONGEST_LIFE_MS = 30 * 24 * 60 * 60 * 1000;
const PATHS = ['/credentials/totp', '/totp'];

/** Our workflows are `wpid_…`; clients of other services say `w_…`. */
const workflowIdOf = (id: string): string => id.replace(/^w_/, 'wpid_');

/** Whom a pushed code is for: ids must be this organization's, and say the same run where two are given. */
async function scopeOf(db: OrganizationDb, body: Static<typeof PushBody>) {
  const { workflow_run_id, task_id, workflow_id } = body;
  for (const [path, id] of [
    ['/workflow_run_id', workflow_run_id],
    ['/task_id', task_id],
  ] as const) {
    if (id && (await db.run.count({ where: { id } })) === 0) throw invalidAt(path, 'is not the id of a run');
  }
  if (workflow_run_id && task_id && workflow_run_id !== task_id) {
    throw invalidAt('/task_id', 'names another run than workflow_run_id');
  }
  const workflowId = workflow_id ? workflowIdOf(workflow_id) : null;
  if (workflowId !== null && (await db.workflow.count({ where: { id: workflowId } })) === 0) {
    throw invalidAt('/workflow_id', 'is not the id of a workflow');
  }
  const runId = workflow_run_id || task_id || null;
  if (runId !== null && workflowId !== null) {
    const same = await db.run.count({ where: { id: runId, workflow_id: workflowId } });
    if (same === 0) throw invalidAt('/workflow_id', 'is not the workflow of this run');
  }
  return { runId, workflowId, taskId: task_id ?? null };
}

function lifeOf(text: string | null | undefined): Date | undefined {
  if (!text) return undefined;
  const end = new Date(text);
  const left = end.getTime() - Date.now();
  if (!(left > 0)) throw invalidAt('/expired_at', 'must be a time to come');
  if (left > LONGEST_LIFE_MS) throw invalidAt('/expired_at', 'must be within 30 days');
  return end;
}

/** The inbox: codes pushed by whoever sees them first. */
export const codeRoutes =
  (services: InboxServices): FastifyPluginAsyncTypebox =>
  async (app) => {
    const push = {
      config: { scope: 'codes:write' },
      bodyLimit: BODY_LIMIT,
      schema: {
        summary: 'Push a one-time code, or the message it is in, to the run that waits for it',
        tags: ['codes'],
        body: PushBody,
        response: { 200: CodeSchema },
      },
    } as const;
    const list = {
      config: { scope: 'codes:read', audit: 'code.read' },
      schema: {
        summary: 'List codes, newest first, 30 days back; the code itself only while it waits',
        tags: ['codes'],
        querystring: CodeQuery,
        response: { 200: Type.Array(CodeSchema) },
      },
    } as const;
    for (const path of PATHS) {
      app.post(path, push, async (request) => {
        const { body, organization } = request;
        const message: ArrivedMessage = {
          identifier: body.totp_identifier,
          content: body.content,
          type: body.type ?? undefined,
          source: body.source,
          ...(await scopeOf(organization, body)),
          expiresAt: lifeOf(body.expired_at),
        };
        const { row, code } = await arrive(services, organization, message);
        return codeView(row, allows(request.scopes, 'codes:read') ? code : null);
      });
      app.get(path, list, async (request) => {
        const { totp_identifier: identifier, workflow_run_id: runId, otp_type: otpType, limit = 50 } = request.query;
        const rows = await listCodes(request.organization, { identifier, runId, otpType }, limit);
        const now = new Date();
        const views: CodeView[] = [];
        // One after the other: each that is shown is written down first, and the log has one writer.
        for (const row of rows) {
          const code = await visibleCode(services.dataKeys, request.organization, row, { now, actor: request.actor });
          views.push(codeView(row, code, now));
        }
        return views;
      });
    }
  };
