import { readFile } from 'node:fs/promises';
import { apiKeyRoutes } from './api-keys/api-key-routes.ts';
import { auditRoutes } from './audit/audit-routes.ts';
import { ensureChromium } from './browser/ensure-chromium.ts';
import { codeRoutes } from './codes/code-routes.ts';
import { sweepCodes } from './codes/code-store.ts';
import { inboundSmsRoutes } from './codes/inbound-sms-routes.ts';
import { removeExpiredCodes } from './codes/issue-code.ts';
import type { MailReceiver } from './codes/mail-receiver.ts';
import { MailboxTokens } from './codes/mailbox-tokens.ts';
import { smsWebhookRoutes } from './codes/sms-webhook-routes.ts';
import { type Config, type MailConfig, redactedConfig } from './config.ts';
import { disableCoreDumps } from './core-dumps.ts';
import { credentialRoutes } from './credentials/credential-routes.ts';
import { credentialSweeps } from './credentials/temporary-credential.ts';
import { GuardedClient } from './egress/guarded-client.ts';
import { KeyturnError } from './errors.ts';
import { createPoolExecutor } from './execution/pool-executor.ts';
import type { LoginExecutor } from './execution/protocol.ts';
import { type App, createApp } from './http/app.ts';
import { removeExpiredAnswers } from './http/idempotency.ts';
import { createLogger, type Logger } from './log.ts';
import { Metrics } from './metrics/metrics.ts';
import { metricsRoutes } from './metrics/metrics-routes.ts';
import { ensureFirstOrganization } from './organizations/organization-store.ts';
import { profileRoutes } from './profiles/profile-routes.ts';
import { ProfileStore } from './profiles/profile-store.ts';
import { Artifacts } from './runs/artifacts.ts';
import { removeOldAttempts } from './runs/attempt-ledger.ts';
import { attemptRoutes } from './runs/attempt-routes.ts';
import { Dispatcher } from './runs/dispatcher.ts';
import { LeaseSignal } from './runs/leases.ts';
import { loginTestRoutes } from './runs/login-test-routes.ts';
import { queueState } from './runs/queue-state.ts';
import { runEventRoutes } from './runs/run-event-routes.ts';
import { runRoutes } from './runs/run-routes.ts';
import type { RunServices } from './runs/run-services.ts';
import { type Sweep, Sweeper } from './runs/sweeper.ts';
import { Scrubber } from './scrub.ts';
import { SEALED_PLACES } from './sealed-places.ts';
import { signingSecretRoutes } from './signing/signing-secret-routes.ts';
import { removeExpiredSigningSecrets } from './signing/signing-secret-store.ts';
import { openStorage } from './storage/open-storage.ts';
import { openTracing } from './tracing/tracing.ts';
import { DataKeyRotation } from './vaults/data-key-rotation.ts';
import { dataKeyRoutes } from './vaults/data-key-routes.ts';
import { DataKeys } from './vaults/data-keys.ts';
import { openVaults } from './vaults/open-vaults.ts';
import { settingsRoutes } from './vaults/settings-routes.ts';
import { vaultConfigRoutes } from './vaults/vault-config-routes.ts';
import { workflowRoutes } from './workflows/workflow-routes.ts';

/** The wired service. */
export interface Runtime {
  readonly config: Config;
  readonly services: RunServices;
  readonly app: App;
  /** The admin key made at the first start: the one time it can be shown. */
  readonly firstKey: string | null;
  /** Starts to listen; returns the base URL. Throws `port_in_use`. */
  listen(): Promise<string>;
  /** Undoes everything, in reverse. */
  close(): Promise<void>;
}

export interface RuntimeOptions {
  /** Log lines go here instead of standard output. */
  logDestination?: NodeJS.WritableStream;
  /** Takes secrets out of what leaves the service; its own when left out. */
  scrubber?: Scrubber;
  /** Runs the jobs; worker threads with a browser each when left out. Closed with the runtime. */
  executor?: LoginExecutor;
  /** Told how the search for, or installation of, a browser goes. */
  progress?: (line: string) => void;
}

/**
 * Composition root: configuration in, wired capabilities out. Throws a KeyturnError when it cannot start, with nothing
 * left open.
 */
export async function createRuntime(config: Config, options: RuntimeOptions = {}): Promise<Runtime> {
  const undo: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return await wire(config, options, undo, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function wire(
  config: Config,
  options: RuntimeOptions,
  undo: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Runtime> {
  if (config.role !== 'all') {
    throw new KeyturnError('bad_configuration', { detail: 'KEYTURN_ROLE other than "all" is not built yet.' });
  }
  const scrubber = options.scrubber ?? new Scrubber();
  scrubber.add('service', [
    config.apiKey,
    config.openaiApiKey,
    ...Object.values(config.otlp?.headers ?? {}),
    ...config.masterKeys.map((key) => key.toString('base64')),
  ]);
  const log = createLogger({ level: config.logLevel, scrubber, destination: options.logDestination });
  log.debug({ config: redactedConfig(config) }, 'configuration');
  // Before any process is started: they inherit it.
  const failed = disableCoreDumps();
  if (failed) log.debug({ err: failed }, 'core dumps cannot be kept free of memory on this system');
  const tracing = await openTracing(config.otlp, log, scrubber);
  undo.push(() => tracing.close());
  const metrics = new Metrics();
  metrics.watchProcess();
  const checkKeys = (ids: readonly string[]) => DataKeys.check(config, ids);
  const storage = await openStorage({ ...config, checkKeys }, (err) =>
    log.error({ err }, 'the database failed in the background'),
  );
  undo.push(() => storage.close());
  const dataKeys = await DataKeys.load(config, storage.database);
  const firstKey = await ensureFirstOrganization(storage.database, dataKeys, config.apiKey);
  const executor = options.executor ?? (await threads(config, log, options.progress));
  undo.push(() => executor.close());
  metrics.watchPool(executor, config.workers * config.runsPerWorker);
  metrics.watchQueue(() => queueState(storage.database.asSystem('metrics'), Date.now()));
  const client = new GuardedClient(config.allowNetworks);
  undo.push(() => client.close());
  const mailboxTokens = new MailboxTokens({ dataKeys, client, allowNetworks: config.allowNetworks });
  // After the last run: a refresh that is under way ends by itself, and what it gave is kept.
  undo.push(() => mailboxTokens.close());
  const closing = new AbortController();
  // Its own: a vault that hangs must not keep anything else from being swept.
  const vaultSweeper = new Sweeper(log, [{ name: 'vaults', sweep: (now) => vaults.sweep(now) }]);
  const { database } = storage;
  const vaults = openVaults({ config, sealer: dataKeys, client, log, scrubber, database, metrics }, () =>
    vaultSweeper.wake(),
  );
  undo.push(() => vaults.close());
  undo.push(() => vaultSweeper.stop());
  const services: RunServices = {
    config,
    log,
    scrubber,
    metrics,
    tracing,
    storage,
    dataKeys,
    executor,
    secrets: vaults.secrets,
    profiles: new ProfileStore(dataKeys),
    artifacts: new Artifacts(config.dataDir),
    leases: new LeaseSignal(),
    ...(await languageModel(config, log)),
    mailboxTokens,
    client,
    closing: closing.signal,
  };
  const dispatcher = new Dispatcher(services);
  undo.push(() => dispatcher.stop());
  const sweeper = new Sweeper(log, sweeps(services, dispatcher));
  undo.push(() => sweeper.stop());
  if (config.mail) {
    const receiver = await receiveMail(services, config.mail);
    undo.push(() => receiver.close());
  }
  const app = await createApp({
    log,
    storage,
    operatorKey: config.apiKey,
    routes: [
      credentialRoutes(services),
      loginTestRoutes(services),
      attemptRoutes(services),
      profileRoutes(services),
      runRoutes(services),
      runEventRoutes(services),
      codeRoutes(services),
      signingSecretRoutes(services),
      smsWebhookRoutes(services),
      vaultConfigRoutes(services),
      settingsRoutes(services),
      workflowRoutes,
      apiKeyRoutes(storage),
      dataKeyRoutes(services, SEALED_PLACES),
      auditRoutes,
    ],
    openRoutes: [inboundSmsRoutes(services), metricsRoutes(metrics)],
    metrics,
    tracing,
    health: {
      database: () => storage.database.check(),
      pool: () => checkPool(executor),
      browser: () => executor.check(),
    },
  });
  undo.push(() => app.close());
  // First of all when closing: whoever holds a connection open lets go of it.
  undo.push(() => closing.abort());
  await dispatcher.start();
  await sweeper.once();
  sweeper.start();
  vaultSweeper.start();
  vaultSweeper.wake();
  return { config, services, app, firstKey, listen: () => listen(app, config, log), close };
}

async function threads(config: Config, log: Logger, progress = (line: string) => log.info(line)) {
  const { executable } = await ensureChromium(config, progress);
  const { workers, runsPerWorker } = config;
  return createPoolExecutor({ executable, workers, runsPerWorker, warn: (text) => log.warn(text) });
}

/** Rejects while no thread is left to run anything. */
async function checkPool(executor: LoginExecutor): Promise<void> {
  if (executor.state().threads > 0) return;
  throw new KeyturnError('unavailable', { detail: 'No worker thread is running.' });
}

/** The language-model fallback. Loaded only where it is turned on: a good part of what a start reads. */
async function languageModel(config: Config, log: Logger): Promise<Pick<RunServices, 'planner' | 'codePicker'>> {
  if (config.llm === 'off') return { planner: null, codePicker: null };
  const [{ createPlanner }, { createCodePicker }] = await Promise.all([
    import('./planner/planner.ts'),
    import('./planner/code-picker.ts'),
  ]);
  return { planner: createPlanner(config, log), codePicker: createCodePicker(config, log) };
}

/** Takes mail. Loaded only where it is wanted: what checks a mail's sender is large. */
async function receiveMail(services: RunServices, { host, port, domain, tls }: MailConfig): Promise<MailReceiver> {
  const { MailReceiver } = await import('./codes/mail-receiver.ts');
  const keys = tls && {
    cert: await readPem('KEYTURN_SMTP_CERT', tls.certFile),
    key: await readPem('KEYTURN_SMTP_KEY', tls.keyFile),
  };
  const receiver = await MailReceiver.start(services, { host, port, domain, tls: keys });
  services.log.info({ host, port: receiver.port, domain }, 'taking mail with codes');
  return receiver;
}

async function readPem(name: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new KeyturnError('bad_configuration', { detail: `${name}: the file cannot be read.`, cause: error });
  }
}

function sweeps(services: RunServices, dispatcher: Dispatcher): Sweep[] {
  const { database } = services.storage;
  const db = database.asSystem('sweep');
  const rotation = new DataKeyRotation({ ...services, database }, SEALED_PLACES);
  return [
    { name: 'runs of dead processes', sweep: () => dispatcher.recoverDead() },
    ...credentialSweeps(services, database),
    {
      name: 'used codes',
      async sweep(now) {
        await removeExpiredCodes(db, now);
      },
    },
    { name: 'codes', sweep: (now) => sweepCodes(db, now) },
    { name: 'signing secrets', sweep: (now) => removeExpiredSigningSecrets(db, now) },
    { name: 'retired data keys', sweep: (now) => rotation.sweep(now) },
    { name: 'old attempts', sweep: (now) => removeOldAttempts(db, now) },
    { name: 'repeated answers', sweep: (now) => removeExpiredAnswers(db, now) },
    {
      name: 'leases',
      async sweep(now) {
        await db.lease.deleteMany({ where: { expires_at: { lt: now } } });
      },
    },
  ];
}

async function listen(app: App, config: Config, log: Logger): Promise<string> {
  try {
    const url = await app.listen({ host: config.host, port: config.port });
    log.info({ url }, 'listening');
    return url;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new KeyturnError('port_in_use', {
        detail: `The port ${config.port} at ${config.host} is in use; choose another with KEYTURN_PORT.`,
        cause: error,
      });
    }
    throw error;
  }
}
