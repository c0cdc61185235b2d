import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { AuditLog } from '../audit/audit-log.ts';
import { PASSWORD_FIELDS } from '../credentials/credential-schemas.ts';
import { readSecret } from '../credentials/credential-secret.ts';
import { findCredential } from '../credentials/credential-store.ts';
import { parsePassword } from '../credentials/parse-secret.ts';
import { createTemporaryCredential } from '../credentials/temporary-credential.ts';
import { invalidAt, KeyturnError } from '../errors.ts';
import { hangUp } from '../http/hang-up.ts';
import { IdempotencyHeaders, idempotent } from '../http/idempotency.ts';
import { looksLikeMagicLink } from '../login/link-secrets.ts';
import type { OrganizationModels } from '../storage/db.ts';
import type { Credential } from '../storage/rows.ts';
import { cancelRun } from './cancel-run.ts';
import { acceptStanding, type PasswordSource } from './known-attempts.ts';
import { acceptOrigin, acceptUrl, type RunRequest, requestRun } from './request-run.ts';
import { expectedCodes, runView } from './run.ts';
import { CancelSchema, ExpectSchema, RunSchema, StartedSchema, TotpUrlSchema, UrlSchema } from './run-schemas.ts';
import type { RunServices } from './run-services.ts';
import { waitForRun } from './wait-for-run.ts';

/** A temporary credential that never gets to run is swept after this long. */
const TEMPORARY_LIFE_MS = 24 * 60 * 60 * 1000;

const RunParams = Type.Object({ id: Type.String({ maxLength: 100 }), run: Type.String({ maxLength: 100 }) });

const ForceSchema = Type.Optional(
  Type.Boolean({ default: false, description: 'Try a secret although the site has refused it before' }),
);

const CodesFromSchema = Type.Optional(
  Type.String({
    format: 'date-time',
    description: 'Codes that arrived earlier are not for this run; left out, the moment the site was made to ask',
  }),
);

const SecretUrlSchema = Type.Optional(
  Type.Boolean({
    description:
      'The URL logs in whoever opens it: it is opened once, and only its origin is kept; left out, such URLs are recognised',
  }),
);

const LoginTestBody = Type.Object(
  {
    url: UrlSchema,
    ...PASSWORD_FIELDS,
    expect: Type.Optional(ExpectSchema),
    save_browser_profile: Type.Optional(Type.Boolean({ default: true })),
    url_is_secret: SecretUrlSchema,
    accept_codes_from: CodesFromSchema,
    force: ForceSchema,
  },
  { additionalProperties: false },
);

const CredentialTestBody = Type.Object(
  {
    url: UrlSchema,
    save_browser_profile: Type.Optional(Type.Boolean({ default: true })),
    start_from_profile: Type.Optional(Type.Boolean({ default: true })),
    expect: Type.Optional(ExpectSchema),
    totp_url: Type.Optional(TotpUrlSchema),
    url_is_secret: SecretUrlSchema,
    accept_codes_from: CodesFromSchema,
    force: ForceSchema,
  },
  { additionalProperties: false },
);

const WaitQuery = Type.Object(
  { wait: Type.Optional(Type.Number({ minimum: 0, maximum: 60, description: 'Seconds to hold the answer' })) },
  { additionalProperties: false },
);

const isSecretUrl = ({ url, url_is_secret }: { url: string; url_is_secret?: boolean }): boolean =>
  url_is_secret ?? looksLikeMagicLink(url);

/** A leap second is a valid time (RFC 3339 §5.7) that `Date` does not know, and PostgreSQL has no year 0. */
function codesFrom(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const time = new Date(text);
  if (!(time.getTime() >= 0)) throw invalidAt('/accept_codes_from', 'must be a time since 1970, without a leap second');
  return time;
}

/** What is tested: a stored credential, or one that is made for the test. */
type Subject = { id: string } | { create: (tx: OrganizationModels) => Promise<Credential>; password: string };

/** Starting, polling and cancelling a test of a login. */
export const loginTestRoutes =
  (services: RunServices): FastifyPluginAsyncTypebox =>
  async (app) => {
    const start = async (
      request: FastifyRequest,
      reply: FastifyReply,
      body: Pick<Static<typeof LoginTestBody>, 'url' | 'url_is_secret' | 'totp_url' | 'expect' | 'accept_codes_from'>,
      options: Pick<RunRequest, 'saveProfile' | 'startFromProfile' | 'force'>,
      subject: Subject,
    ) => {
      const db = request.organization;
      const address = await acceptUrl(services, db, body.url);
      const secret = isSecretUrl(body);
      const url = secret ? `${new URL(address).origin}/` : address;
      const totpUrl = body.totp_url ? await acceptUrl(services, db, body.totp_url) : null;
      const wanted: RunRequest = {
        url,
        totpUrl,
        expect: expectedCodes(body.expect),
        startUrl: secret ? address : null,
        codesFrom: codesFrom(body.accept_codes_from),
        trace: request.span.traceparent,
        ...options,
      };
      const accept = async (db: OrganizationModels, credential: Credential, password: PasswordSource) => {
        if (credential.credential_type !== 'password') throw new KeyturnError('credential_type_not_testable');
        acceptOrigin(credential, url, request.scopes);
        await acceptStanding(services, db, credential, wanted, password);
      };
      const answer = await idempotent(services.dataKeys, request, reply, async (record) => {
        if ('id' in subject) {
          // Before the transaction: the vault may have to be asked, and may be far away.
          const credential = await findCredential(db, subject.id);
          await accept(
            db,
            credential,
            async () => (await readSecret(services, db, credential, { actor: request.actor, related: null })).password,
          );
        }
        const started = await db.transaction(async (tx) => {
          const credential = 'id' in subject ? await findCredential(tx, subject.id) : await subject.create(tx);
          if (!('id' in subject)) await accept(tx, credential, async () => subject.password);
          const runId = await requestRun(services, tx, credential, wanted);
          const answer = { credential_id: credential.id, workflow_run_id: runId, status: 'running' as const };
          await record(tx, 200, answer);
          await AuditLog.write(tx, {
            actor: request.actor,
            action: 'run.started',
            subject: runId,
            related: credential.id,
            details: { expect: wanted.expect, force: wanted.force },
          });
          return answer;
        });
        request.log.info({ run_id: started.workflow_run_id }, 'the run is queued');
        return started;
      });
      services.storage.queue.committed();
      return answer;
    };

    app.post(
      '/credentials/test-login',
      {
        config: { scope: 'credentials:write', audit: 'run.started' },
        schema: {
          summary: 'Test a login with a username and password that are not stored yet',
          tags: ['tests'],
          headers: IdempotencyHeaders,
          body: LoginTestBody,
          response: { 200: StartedSchema },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const password = parsePassword(body, '', isSecretUrl(body));
        const options = {
          saveProfile: body.save_browser_profile ?? true,
          startFromProfile: false,
          force: body.force ?? false,
        };
        const create = (tx: OrganizationModels) =>
          createTemporaryCredential(services, tx, {
            ...password,
            expires_at: new Date(Date.now() + TEMPORARY_LIFE_MS),
          });
        return start(request, reply, body, options, { create, password: password.password });
      },
    );

    app.post(
      '/credentials/:id/test',
      {
        config: { scope: 'runs:write', audit: 'run.started' },
        schema: {
          summary: 'Test the login of a stored credential',
          tags: ['tests'],
          params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
          headers: IdempotencyHeaders,
          body: CredentialTestBody,
          response: { 200: StartedSchema },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const options = {
          saveProfile: body.save_browser_profile ?? true,
          startFromProfile: body.start_from_profile ?? true,
          force: body.force ?? false,
        };
        return start(request, reply, body, options, { id: request.params.id });
      },
    );

    app.get(
      '/credentials/:id/test/:run',
      {
        config: { scope: 'runs:read' },
        schema: {
          summary: 'Status and verdict of a test; wait holds the answer until it is final or awaits something',
          tags: ['tests'],
          params: RunParams,
          querystring: WaitQuery,
          response: { 200: RunSchema },
        },
      },
      async (request, reply) => {
        const ids = { runId: request.params.run, credentialId: request.params.id };
        const waitMs = (request.query.wait ?? 0) * 1000;
        const { bus } = services.storage;
        return runView(await waitForRun(bus, request.organization, ids, waitMs, hangUp(reply)));
      },
    );

    app.post(
      '/credentials/:id/test/:run/cancel',
      {
        config: { scope: 'runs:write', audit: 'run.canceled' },
        schema: { summary: 'Cancel a test', tags: ['tests'], params: RunParams, response: { 200: CancelSchema } },
      },
      async ({ organization, params, actor }) => ({
        status: await cancelRun(services, organization, { id: params.run, credentialId: params.id, actor }),
      }),
    );
  };
