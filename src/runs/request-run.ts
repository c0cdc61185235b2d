import { allowedOrigins } from '../credentials/credential.ts';
import { checkUrl, parseLoginUrl } from '../egress/check-url.ts';
import { KeyturnError } from '../errors.ts';
import type { Scope } from '../http/scopes.ts';
import type { OutcomeCode } from '../login/outcome.ts';
import type { OrganizationDb, OrganizationModels } from '../storage/db.ts';
import type { Credential } from '../storage/rows.ts';
import { generateWorkflow } from '../workflows/workflow.ts';
import { createWorkflow } from '../workflows/workflow-store.ts';
import { expectsLogin } from './run.ts';
import type { RunServices } from './run-services.ts';
import { createRun } from './run-store.ts';

export interface RunRequest {
  url: string;
  totpUrl: string | null;
  expect: OutcomeCode[];
  saveProfile: boolean;
  startFromProfile: boolean;
  /** Try a secret that the site has refused before. */
  force: boolean;
  /** Codes that arrived earlier are not for the run; null: since its challenge appeared. */
  codesFrom: Date | null;
  /** The address the run begins at, where that is a secret; then `url` is its origin. */
  startUrl: string | null;
  /** W3C traceparent of the call; null: it is not traced. */
  trace: string | null;
}

/**
 * The URL a run may start from, with `https://` in front of a bare host. Throws `invalid_url`, or `address_not_allowed`
 * for one that leads to a private address. A name that does not resolve, or not in time, is not refused here: the run
 * says `unreachable`.
 */
export async function acceptUrl(
  services: Pick<RunServices, 'config' | 'lookupFor'>,
  { organizationId }: OrganizationDb,
  text: string,
): Promise<string> {
  const url = parseLoginUrl(text);
  const verdict = await checkUrl(url.href, services.config.allowNetworks, {
    lookup: services.lookupFor(organizationId),
  });
  if (verdict.ok || ['dns', 'slow'].includes(verdict.reason)) return url.href;
  if (verdict.reason === 'address') {
    throw new KeyturnError('address_not_allowed', {
      detail: `The URL leads to the private address ${verdict.address}; name its network in KEYTURN_ALLOW_NETWORKS to allow it.`,
    });
  }
  throw new KeyturnError('invalid_url');
}

/**
 * A stored credential may go to the origins it is pinned to. While none is, only a key that may write credentials can
 * name one, since the first login pins it. Throws `origin_not_allowed`.
 */
export function acceptOrigin(credential: Credential, url: string, scopes: readonly Scope[]): void {
  const pinned = allowedOrigins(credential);
  const { origin } = new URL(url);
  if (pinned.length > 0 && !pinned.includes(origin)) {
    throw new KeyturnError('origin_not_allowed', {
      detail: `${origin} is not among the credential's allowed origins; add it with PATCH /v1/credentials/${credential.id}.`,
    });
  }
  if (pinned.length === 0 && !scopes.includes('admin') && !scopes.includes('credentials:write')) {
    throw new KeyturnError('origin_not_allowed', {
      detail:
        'The credential has no allowed origins yet; name them with PATCH, or start the first test with a key that has credentials:write.',
    });
  }
}

/** Whether the run looks for a live session before it touches a form. */
export function checksFirst(credential: Credential, request: Pick<RunRequest, 'startFromProfile' | 'expect'>): boolean {
  return request.startFromProfile && expectsLogin(request.expect) && credential.browser_profile_id !== null;
}

/** Seconds after which a full queue is worth another try: at the least a few runs end in it. */
const QUEUE_RETRY_SECONDS = 10;

/**
 * Refuses a run that the queue has no room for, before anything of it is written: `queue_full`. Calls at the same moment
 * may see the same last place, so a few more can get in; none that was accepted is ever dropped.
 */
async function acceptIntoQueue({ config }: Pick<RunServices, 'config'>, tx: OrganizationModels): Promise<void> {
  const limit = config.queueLimit;
  if ((await tx.run.count({ where: { status: 'queued' } })) < limit) return;
  throw new KeyturnError('queue_full', {
    detail: `${limit} runs of the organization are queued already; none of them is lost.`,
    retryAfter: QUEUE_RETRY_SECONDS,
  });
}

/**
 * Writes workflow and run and announces it, all in the caller's transaction. Returns the run's id. Throws `queue_full`.
 */
export async function requestRun(
  services: Pick<RunServices, 'config' | 'dataKeys' | 'storage'>,
  tx: OrganizationModels,
  credential: Credential,
  request: RunRequest,
): Promise<string> {
  await acceptIntoQueue(services, tx);
  const proves = expectsLogin(request.expect);
  const checkFirst = checksFirst(credential, request);
  const saveProfile = request.saveProfile && proves;
  const workflowId = await createWorkflow(
    tx,
    generateWorkflow({
      credentialId: credential.id,
      kind: credential.temporary ? 'login_test' : 'credential_test',
      subject: credential.temporary ? (credential.username ?? '') : credential.name,
      url: request.url,
      totpType: credential.totp_type,
      totpIdentifier: credential.totp_identifier,
      totpUrl: request.totpUrl ?? credential.totp_url,
      saveProfile,
      checkFirst,
    }),
  );
  const runId = await createRun(services.dataKeys, tx, {
    workflowId,
    credentialId: credential.id,
    temporaryCredential: credential.temporary,
    url: request.url,
    expect: request.expect,
    saveProfile,
    startFromProfile: checkFirst,
    force: request.force,
    codesFrom: request.codesFrom,
    startUrl: request.startUrl,
    trace: request.trace,
  });
  await services.storage.queue.announce(tx, runId);
  return runId;
}
