import { availableParallelism } from 'node:os';
import path from 'node:path';
import { RECORD_KINDS, type RecordKind } from './browser/recorder.ts';
import {
  apiKey,
  artifactPlace,
  bad,
  databaseUrl,
  httpsUrl,
  httpUrl,
  integer,
  KNOWN,
  LOG_LEVELS,
  mail,
  masterKeys,
  networks,
  oneOf,
  otlp,
  port,
} from './config-values.ts';
import type { RateLimits } from './http/rate-limits.ts';
import { VAULT_TYPES, type VaultType } from './vaults/vault.ts';

export type Role = 'all' | 'api' | 'worker';

/** A bucket of S3, or of a service that speaks its protocol. */
export interface BucketPlace {
  readonly kind: 's3';
  readonly bucket: string;
  /** Before every name in it; may be empty. */
  readonly prefix: string;
  /** Null: Amazon's own. */
  readonly endpoint: string | null;
  readonly region: string;
  /** Null: what the machine or the pod is given. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string | null;
  } | null;
}

/** Where screenshots, pages and recordings lie. */
export type ArtifactPlace = { readonly kind: 'folder'; readonly folder: string } | BucketPlace;

/** Where mail with codes comes in. */
export interface MailConfig {
  readonly host: string;
  readonly port: number;
  /** Behind the @ of the addresses. */
  readonly domain: string;
  /** Files in PEM, for STARTTLS; null: not offered. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
}

/** The collector that traces go to. */
export interface OtlpConfig {
  readonly tracesUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
}

/** Everything the environment says, parsed once. Times in seconds. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly artifacts: ArtifactPlace;
  /** After so many days what runs leave is removed; null: never. */
  readonly artifactDays: number | null;
  /** 32-byte keys; the first wraps, the others only unwrap (a rotation in progress). Empty: a key file in the data folder. */
  readonly masterKeys: readonly Buffer[];
  readonly apiKey: string | null;
  readonly role: Role;
  readonly workers: number;
  readonly runsPerWorker: number;
  /** Running at a time in all processes; null: as many as there is room for. */
  readonly runsPerOrganization: number | null;
  /** Runs of an organization that may wait in the queue. */
  readonly queueLimit: number;
  /** Logins that begin at one site within a second, in all processes. */
  readonly loginsPerSecond: number;
  readonly chromium: string | null;
  /** CIDR list reachable besides the public Internet. */
  readonly allowNetworks: readonly string[];
  /** Calls in a minute; 0: no limit. */
  readonly rateLimits: RateLimits;
  /** Networks (CIDR) of the proxies before the service. */
  readonly trustProxy: readonly string[];
  readonly runTimeoutSeconds: number;
  readonly codeTimeoutSeconds: number;
  readonly codeLifespanSeconds: number;
  /** What a stop leaves to runs that have begun. */
  readonly shutdownSeconds: number;
  /** The SMTP receiver; null: off. */
  readonly mail: MailConfig | null;
  /** What is recorded of every run. */
  readonly record: RecordKind;
  readonly vault: VaultType;
  /** The Azure Key Vault of organizations that name none. */
  readonly azureVaultUrl: string | null;
  readonly llm: 'off' | 'fallback';
  readonly openaiApiKey: string | null;
  readonly openaiBaseUrl: string | null;
  readonly llmModel: string;
  /** The service the command line talks to. */
  readonly url: string | null;
  /** Traces of runs; null: off. */
  readonly otlp: OtlpConfig | null;
  readonly logLevel: string;
}

/**
 * Parses the environment (tests pass their own). Throws KeyturnError `bad_configuration` with one sentence on an
 * unknown KEYTURN_* name (except the ones orchestrators inject) or a bad value.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  for (const name of Object.keys(env)) {
    if (!name.startsWith('KEYTURN_') || KNOWN.has(name)) continue;
    if (/^KEYTURN_(SERVICE|PORT)_/.test(name)) continue;
    throw bad(`${name} is not a setting Keyturn knows; see the table of settings in the README.`);
  }
  const dataDir = path.resolve(env.KEYTURN_DATA_DIR?.trim() || '.keyturn');
  const database = databaseUrl(env);
  const role = oneOf(env, 'KEYTURN_ROLE', ['all', 'api', 'worker'] as const, 'all');
  if (role !== 'all' && !database) throw bad(`KEYTURN_ROLE=${role} needs DATABASE_URL.`);
  // In a data folder of its own nobody else would find, or sweep, what it leaves.
  if (role !== 'all' && !env.KEYTURN_ARTIFACTS?.trim()) {
    throw bad(`KEYTURN_ROLE=${role} needs KEYTURN_ARTIFACTS: a folder that all processes see, or s3://bucket/prefix.`);
  }
  const llm = oneOf(env, 'KEYTURN_LLM', ['off', 'fallback'] as const, env.OPENAI_API_KEY?.trim() ? 'fallback' : 'off');
  const openaiBaseUrl = httpUrl(env, 'OPENAI_BASE_URL');
  if (llm === 'fallback' && !env.OPENAI_API_KEY?.trim() && !openaiBaseUrl) {
    throw bad('KEYTURN_LLM=fallback needs OPENAI_API_KEY, or OPENAI_BASE_URL for an endpoint that asks for no key.');
  }
  return Object.freeze({
    host: env.KEYTURN_HOST?.trim() || '127.0.0.1',
    port: port(env),
    dataDir,
    databaseUrl: database,
    artifacts: artifactPlace(env, dataDir),
    artifactDays: integer(env, 'KEYTURN_ARTIFACT_DAYS', 30, 0, 36_500) || null,
    masterKeys: masterKeys(env),
    apiKey: apiKey(env),
    role,
    workers: integer(env, 'KEYTURN_WORKERS', Math.min(availableParallelism(), 4), 1, 64),
    runsPerWorker: integer(env, 'KEYTURN_RUNS_PER_WORKER', 2, 1, 32),
    runsPerOrganization: integer(env, 'KEYTURN_RUNS_PER_ORGANIZATION', 0, 0, 100_000) || null,
    queueLimit: integer(env, 'KEYTURN_QUEUE_LIMIT', 10_000, 1, 10_000_000),
    loginsPerSecond: integer(env, 'KEYTURN_LOGINS_PER_SECOND', 10, 1, 1_000),
    chromium: env.KEYTURN_CHROMIUM?.trim() || null,
    allowNetworks: networks(env, 'KEYTURN_ALLOW_NETWORKS'),
    rateLimits: {
      key: integer(env, 'KEYTURN_RATE_LIMIT_KEY', 30_000, 0, 1_000_000_000),
      organization: integer(env, 'KEYTURN_RATE_LIMIT_ORGANIZATION', 60_000, 0, 1_000_000_000),
      failedAuthentications: integer(env, 'KEYTURN_RATE_LIMIT_FAILED_AUTH', 120, 0, 1_000_000_000),
    },
    trustProxy: networks(env, 'KEYTURN_TRUST_PROXY'),
    runTimeoutSeconds: integer(env, 'KEYTURN_RUN_TIMEOUT_SECONDS', 120, 1, 3_600),
    codeTimeoutSeconds: integer(env, 'KEYTURN_CODE_TIMEOUT_SECONDS', 900, 1, 86_400),
    codeLifespanSeconds: integer(env, 'KEYTURN_CODE_LIFESPAN_SECONDS', 600, 1, 86_400),
    shutdownSeconds: integer(env, 'KEYTURN_SHUTDOWN_SECONDS', 20, 0, 3_600),
    mail: mail(env),
    record: oneOf(env, 'KEYTURN_RECORD', RECORD_KINDS, 'off'),
    vault: oneOf(env, 'KEYTURN_VAULT', VAULT_TYPES, 'local'),
    azureVaultUrl: httpsUrl(env, 'KEYTURN_AZURE_VAULT_URL'),
    llm,
    openaiApiKey: env.OPENAI_API_KEY?.trim() || null,
    openaiBaseUrl,
    llmModel: env.KEYTURN_LLM_MODEL?.trim() || 'gpt-5.4-mini',
    url: httpUrl(env, 'KEYTURN_URL'),
    otlp: otlp(env),
    logLevel: oneOf(env, 'LOG_LEVEL', LOG_LEVELS, 'info'),
  });
}

/** The configuration as it may be printed: secrets only say whether they are set. */
export function redactedConfig(config: Config): Record<string, unknown> {
  const database = config.databaseUrl ? new URL(config.databaseUrl) : null;
  return {
    ...config,
    databaseUrl: database ? `${database.protocol}//${database.host}${database.pathname}` : null,
    masterKeys: config.masterKeys.length > 0 ? 'set' : 'key file',
    apiKey: config.apiKey ? 'set' : null,
    artifacts:
      config.artifacts.kind === 's3'
        ? { ...config.artifacts, credentials: config.artifacts.credentials ? 'set' : null }
        : config.artifacts,
    openaiApiKey: config.openaiApiKey ? 'set' : null,
    otlp: config.otlp && { ...config.otlp, headers: Object.keys(config.otlp.headers) },
  };
}

/**
 * The environment of worker threads and of what is started beside the service (browser, installers): ours without what
 * only the service may know, with temporary files going to `tempDir`.
 */
export function childEnvironment(tempDir?: string, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const own = /^(KEYTURN_|OPENAI_|OTEL_|AWS_|DATABASE_URL$|PG[A-Z]+$)/;
  const kept = Object.entries(env).filter(([name]) => !own.test(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...(tempDir ? { TMPDIR: tempDir } : {}) };
}

/** From here on the temporary files of this process, or of this thread alone where it has an environment of its own, go there. */
export function useTempDir(folder: string): void {
  process.env.TMPDIR = folder;
}

/**
 * Gives the process threads for look-ups of names, before anything else has begun: the number is read once, with the
 * first work of that kind. The system's look-up holds one for as long as a name server does not answer, and look-ups
 * may hold no more than half of them, which of Node's usual four is two. These are enough for all that pages and
 * callers may have under way (the limits given to FairTurns), with some to spare for the service's own.
 */
export function makeRoomForLookups(env: NodeJS.ProcessEnv = process.env): void {
  env.UV_THREADPOOL_SIZE ??= '128';
}
