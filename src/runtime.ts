import { readFile } from 'node:fs/promises';
import { apiKeyRoutes } from './api-keys/api-key-routes.ts';
import { openArtifactFiles } from './artifacts/artifact-files.ts';
import { Artifacts } from './artifacts/artifacts.ts';
import { auditRoutes } from './audit/audit-routes.ts';
import { codeRoutes } from './codes/code-routes.ts';
import { inboundSmsRoutes } from './codes/inbound-sms-routes.ts';
import type { MailReceiver } from './codes/mail-receiver.ts';
import { MailboxTokens } from './codes/mailbox-tokens.ts';
import { smsWebhookRoutes } from './codes/sms-webhook-routes.ts';
import { type Config, type MailConfig, redactedConfig } from './config.ts';
import { disableCoreDumps } from './core-dumps.ts';
import { credentialRoutes } from './credentials/credential-routes.ts';
import { checkPool, openDriver } from './driver.ts';
import type { EgressProxy } from './egress/egress-proxy.ts';
import { FairTurns } from './egress/fair-turns.ts';
import { GuardedClient } from './egress/guarded-client.ts';
import { ownPlacesOf } from './egress/open-egress.ts';
import { type Lookup, lookupInTurn } from './egress/resolve-host.ts';
import { KeyturnError } from './errors.ts';
import type { LoginExecutor } from './execution/protocol.ts';
import { type App, type AppOptions, createApp } from './http/app.ts';
import { createLogger, type Logger } from './log.ts';
import { Metrics } from './metrics/metrics.ts';
import { metricsRoutes } from './metrics/metrics-routes.ts';
import { awaitFirstOrganization, ensureFirstOrganization } from './organizations/organization-store.ts';
import { profileRoutes } from './profiles/profile-routes.ts';
import { ProfileStore } from './profiles/profile-store.ts';
import { attemptRoutes } from './runs/attempt-routes.ts';
import { Dispatcher } from './runs/dispatcher.ts';
import { LeaseSignal } from './runs/leases.ts';
import { loginTestRoutes } from './runs/login-test-routes.ts';
import { queueState } from './runs/queue-state.ts';
import { runEventRoutes } from './runs/run-event-routes.ts';
import { runRoutes } from './runs/run-routes.ts';
import type { RunServices } from './runs/run-services.ts';
import { Sweeper } from './runs/sweeper.ts';
import { Scrubber } from './scrub.ts';
import { SEALED_PLACES } from './sealed-places.ts';
import { signingSecretRoutes } from './signing/signing-secret-routes.ts';
import { openStorage } from './storage/open-storage.ts';
import { sweeps } from './sweeps.ts';
import { openTracing } from './tracing/tracing.ts';
import { dataKeyRoutes } from './vaults/data-key-routes.ts';
import { DataKeys } from './vaults/data-keys.ts';
import { openVaults } from './vaults/open-vaults.ts';
import { settingsRoutes } from './vaults/settings-routes.ts';
import { vaultConfigRoutes } from './vaults/vault-config-routes.ts';
import { workflowRoutes } from './workflows/workflow-routes.ts';

/** Look-ups at a time of names that callers choose, of all organizations and of each. */
const CALLERS_LOOKUPS = { all: 8, each: 2 };

/** The wired service. */
export interface Runtime {
  readonly config: Config;
  readonly services: RunServices;
  /** The way out of the browsers; null where this process drives none. */
  readonly egress: EgressProxy | null;
  readonly app: App;
  /** Starts to listen; returns the base URL. Throws `port_in_use`. */
  listen(): Promise<string>;
  /**
   * Stops: readiness goes at once, runs that have begun get the grace time while calls are still answered, then
   * everything is undone in reverse. `hurry` ends the grace time.
   */
  close(hurry?: AbortSignal): Promise<void>;
}

export interface RuntimeOptions {
  /** Log lines go here instead of standard output. */
  logDestination?: NodeJS.WritableStream;
  /** Takes secrets out of what leaves the service; its own when left out. */
  scrubber?: Scrubber;
  /** The browser to drive, known to start; else one is looked for, and tried. */
  chromium?: string;
  /** Looks up what browsers go to and callers name; the system when left out. */
  lookup?: Lookup;
  /** Runs the jobs; worker threads with a browser each when left out. Whoever gives it closes it. */
  executor?: LoginExecutor;
  /** Told the admin key that was made because there was none: the one time it can be shown. */
  onFirstKey?: (key: string) => void;
  /** Told how the search for, or installation of, a browser goes. */
  progress?: (line: string) => void;
}

type Undo = (hurry?: AbortSignal) => Promise<void> | void;

/**
 * Composition root: configuration in, wired capabilities out. Throws a KeyturnError when it cannot start, with nothing
 * left open.
 */
export async function createRuntime(config: Config, options: RuntimeOptions = {}): Promise<Runtime> {
  const undo: Undo[] = [];
  const close = async (hurry?: AbortSignal): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step(hurry);
  };
  try {
    return await wire(config, options, undo, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function wire(config: Config, options: RuntimeOptions, undo: Undo[], close: Runtime['close']): Promise<Runtime> {
  // Serves the API, takes mail and sweeps; claims runs and drives browsers. Alone a process does both.
  const [serves, drives] = [config.role !== 'worker', config.role !== 'api'];
  const scrubber = options.scrubber ?? new Scrubber();
  scrubber.add('service', [
    config.apiKey,
    config.openaiApiKey,
    ...Object.values(config.otlp?.headers ?? {}),
    ...(config.artifacts.kind === 's3'
      ? [config.artifacts.credentials?.secretAccessKey, config.artifacts.credentials?.sessionToken]
      : []),
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
  const onNewer = (migrations: readonly string[]) =>
    log.warn({ migrations }, 'a newer Keyturn has added to the database; this version goes on beside it');
  const storage = await openStorage({ ...config, checkKeys, onNewer }, (err) =>
    log.error({ err }, 'the database failed in the background'),
  );
  undo.push(() => storage.close());
  if (storage.database.rowSecurity === 'bypassed') {
    log.warn(
      'the role of DATABASE_URL is exempt from row-level security, which keeps organizations apart: use a plain one',
    );
  }
  const dataKeys = await DataKeys.load(config, storage.database);
  if (serves) {
    const firstKey = await ensureFirstOrganization(storage.database, dataKeys, config.apiKey);
    // At once: a start that fails further on has made it all the same, and the next one cannot show it.
    if (firstKey) options.onFirstKey?.(firstKey);
  } else {
    await awaitFirstOrganization(storage.database);
  }
  // Of several processes that started on an empty database the first one's master key is in force.
  if (config.databaseUrl !== null) await dataKeys.verify();
  const ownPlaces = ownPlacesOf(config, options.lookup);
  const driver = drives && !options.executor ? await openDriver(config, { log, metrics, ownPlaces }, options) : null;
  undo.push(() => driver?.close());
  const executor = driver?.executor ?? options.executor ?? null;
  if (executor) metrics.watchPool(executor, config.workers * config.runsPerWorker);
  metrics.watchQueue(() => queueState(storage.database.asSystem('metrics'), Date.now()));
  const files = await openArtifactFiles(config.artifacts);
  undo.push(() => files.close());
  await files.check(log);
  const client = new GuardedClient(config.allowNetworks, ownPlaces);
  undo.push(() => client.close());
  const mailboxTokens = new MailboxTokens({ dataKeys, client, allowNetworks: config.allowNetworks });
  // After the last run: a refresh that is under way ends by itself, and what it gave is kept.
  undo.push(() => mailboxTokens.close());
  const lookups = new FairTurns(CALLERS_LOOKUPS);
  const closing = new AbortController();
  const stopping = new AbortController();
  // Its own: a vault that hangs must not keep anything else from being swept.
  const vaultSweeper = new Sweeper(log, [{ name: 'vaults', sweep: (now) => vaults.sweep(now) }]);
  const { database } = storage;
  const vaults = openVaults({ config, sealer: dataKeys, client, log, scrubber, database, metrics }, () =>
    vaultSweeper.wake(),
  );
  // The second comes first when closing: it calls off the sweep that a vault holds up, which is waited for then.
  undo.push(() => vaultSweeper.stop());
  undo.push(() => vaults.close());
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
    artifacts: new Artifacts(files),
    leases: new LeaseSignal(),
    ...(await languageModel(config, log)),
    mailboxTokens,
    client,
    lookupFor: (organizationId) => lookupInTurn(lookups, organizationId, options.lookup),
    closing: closing.signal,
  };
  const dispatcher = new Dispatcher(services);
  const sweeper = new Sweeper(log, serves ? sweeps(services) : []);
  undo.push(() => sweeper.stop());
  if (config.mail && serves) {
    const receiver = await receiveMail(services, config.mail);
    ownPlaces.addPort(receiver.port);
    undo.push(() => receiver.close());
  }
  const app = await createApp({
    log,
    storage,
    operatorKey: config.apiKey,
    api: serves,
    limits: config.rateLimits,
    trustProxy: config.trustProxy,
    routes: apiRoutes(services),
    openRoutes: [inboundSmsRoutes(services)],
    watchRoutes: [metricsRoutes(metrics)],
    metrics,
    tracing,
    health: {
      database: () => storage.database.check(),
      ...(executor && { pool: () => checkPool(executor), browser: () => executor.check() }),
    },
    stopping: stopping.signal,
  });
  undo.push(() => app.close());
  // Whoever holds a connection open lets go of it.
  undo.push(() => closing.abort());
  undo.push((hurry) => dispatcher.stop(hurry));
  // First of all when closing: no new calls are sent here, while the runs have their time and polls are answered.
  undo.push(() => stopping.abort());
  await dispatcher.start({ claims: drives });
  await sweeper.once();
  sweeper.start();
  if (serves) {
    vaultSweeper.start();
    vaultSweeper.wake();
  }
  const listen = async (): Promise<string> => {
    const url = await listenAt(app, config, log);
    ownPlaces.addPort(Number(new URL(url).port) || 80);
    return url;
  };
  return { config, services, egress: driver?.egress ?? null, app, listen, close };
}

/** Everything under /v1. */
function apiRoutes(services: RunServices): AppOptions['routes'] {
  return [
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
    apiKeyRoutes(services.storage),
    dataKeyRoutes(services, SEALED_PLACES),
    auditRoutes,
  ];
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

async function listenAt(app: App, config: Config, log: Logger): Promise<string> {
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
