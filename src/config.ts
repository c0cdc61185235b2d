import { availableParallelism } from 'node:os';
import path from 'node:path';
import ipaddr from 'ipaddr.js';
import { RECORD_KINDS, type RecordKind } from './browser/recorder.ts';
import { KeyturnError } from './errors.ts';
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

/** One row per variable: its name, what it means (the README's table is tested against this), its default as shown. */
export const ENVIRONMENT = [
  ['KEYTURN_HOST', 'address the service listens on', '127.0.0.1'],
  ['KEYTURN_PORT', 'port the service listens on', '8377'],
  ['KEYTURN_DATA_DIR', 'folder of the embedded database, artifacts and key file', './.keyturn'],
  ['DATABASE_URL', 'a PostgreSQL server instead of the embedded database', ''],
  [
    'KEYTURN_ARTIFACTS',
    'where screenshots, pages and recordings lie, the same for all machines: a folder, or `s3://bucket/prefix`',
    'in the data folder',
  ],
  ['KEYTURN_ARTIFACT_DAYS', 'days after which they are removed; 0: never', '30'],
  ['KEYTURN_S3_ENDPOINT', "address of a service that speaks S3's protocol", "Amazon's"],
  ['AWS_REGION', 'region of the bucket', 'us-east-1'],
  ['AWS_ACCESS_KEY_ID', 'what opens the bucket; unset: what the machine or the pod is given', ''],
  ['AWS_SECRET_ACCESS_KEY', 'its secret', ''],
  ['AWS_SESSION_TOKEN', 'its session, where it is a temporary one', ''],
  ['KEYTURN_MASTER_KEY', 'base64 of 32 bytes; `new,old` while it is being rotated; else a 0600 key file is made', ''],
  [
    'KEYTURN_API_KEY',
    "any string of 24 characters or more: the first organization's admin key; else one is made and printed once",
    '',
  ],
  ['KEYTURN_ROLE', '`all`, `api` or `worker`; other than `all` needs `DATABASE_URL`', 'all'],
  ['KEYTURN_WORKERS', 'worker threads, each with one warm browser', 'cores, at most 4'],
  ['KEYTURN_RUNS_PER_WORKER', 'busy runs in one thread at a time', '2'],
  ['KEYTURN_RUNS_PER_ORGANIZATION', 'runs of an organization that go on at a time, on all machines; 0: no limit', '0'],
  ['KEYTURN_QUEUE_LIMIT', 'runs of an organization that may be queued; beyond it a test is answered 429', '10000'],
  ['KEYTURN_LOGINS_PER_SECOND', 'logins that begin at one site within a second, on all machines', '10'],
  ['KEYTURN_CHROMIUM', 'path of the Chromium to drive', 'found or installed'],
  ['KEYTURN_ALLOW_NETWORKS', 'networks (CIDR, comma-separated) that may be reached besides the public Internet', ''],
  ['KEYTURN_RATE_LIMIT_KEY', 'calls of one API key in a minute; 0: no limit', '30000'],
  ['KEYTURN_RATE_LIMIT_ORGANIZATION', 'calls of all keys of an organization in a minute; 0: no limit', '60000'],
  ['KEYTURN_RATE_LIMIT_FAILED_AUTH', 'calls with a wrong key from one address in a minute; 0: no limit', '120'],
  [
    'KEYTURN_TRUST_PROXY',
    'networks (CIDR, comma-separated) of proxies whose `X-Forwarded-For` is believed; unset: of none',
    '',
  ],
  ['KEYTURN_RUN_TIMEOUT_SECONDS', 'active time a run may take', '120'],
  ['KEYTURN_CODE_TIMEOUT_SECONDS', 'time a run may wait for a code', '900'],
  ['KEYTURN_CODE_LIFESPAN_SECONDS', 'time a pushed code stays valid', '600'],
  ['KEYTURN_SHUTDOWN_SECONDS', 'time that runs which have typed something may take to finish at a stop', '20'],
  ['KEYTURN_SMTP_PORT', 'port that takes mail with codes; unset or 0: none', ''],
  ['KEYTURN_SMTP_HOST', 'address it listens on', '127.0.0.1'],
  ['KEYTURN_MAIL_DOMAIN', 'the domain of the addresses mail is taken for: `code+<id>@<domain>`', ''],
  ['KEYTURN_SMTP_CERT', 'certificate (PEM file) for STARTTLS; with `KEYTURN_SMTP_KEY`', ''],
  ['KEYTURN_SMTP_KEY', 'its private key (PEM file)', ''],
  [
    'KEYTURN_RECORD',
    '`off`, `har` or `trace`: what is recorded of every run, kept without its secrets or not at all',
    'off',
  ],
  ['KEYTURN_VAULT', 'vault of new credentials', 'local'],
  ['KEYTURN_AZURE_VAULT_URL', 'the Azure Key Vault of organizations that name none (https)', ''],
  [
    'KEYTURN_LLM',
    '`off`, or `fallback`: a language model is asked where the engine is unsure (the default once `OPENAI_API_KEY` is set)',
    'off',
  ],
  ['OPENAI_API_KEY', 'key of the language-model endpoint', ''],
  ['OPENAI_BASE_URL', 'a compatible endpoint with structured output, which may be on a private address', 'of OpenAI'],
  ['KEYTURN_LLM_MODEL', 'model name', 'gpt-5.4-mini'],
  ['KEYTURN_URL', 'the service the command line talks to', ''],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'the OpenTelemetry collector traces go to (OTLP over HTTP); unset: no tracing', ''],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'headers for the collector: `name=value,…`, percent-encoded', ''],
  ['OTEL_SERVICE_NAME', 'the name of this service in its traces', 'keyturn'],
  ['LOG_LEVEL', '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`', 'info'],
] as const;

const KNOWN = new Set<string>(ENVIRONMENT.map(([name]) => name));
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

function bad(detail: string): KeyturnError {
  return new KeyturnError('bad_configuration', { detail });
}

function integer(env: NodeJS.ProcessEnv, name: string, fallback: number, min: number, max: number): number {
  const text = env[name]?.trim();
  if (!text) return fallback;
  if (!/^\d+$/.test(text) || Number(text) < min || Number(text) > max) {
    throw bad(`${name} must be a whole number from ${min} to ${max}.`);
  }
  return Number(text);
}

function oneOf<T extends string>(env: NodeJS.ProcessEnv, name: string, allowed: readonly T[], fallback: T): T {
  const text = env[name]?.trim() || fallback;
  const found = allowed.find((value) => value === text);
  if (!found) throw bad(`${name} must be one of ${allowed.join(', ')}.`);
  return found;
}

function port(env: NodeJS.ProcessEnv): number {
  if (env.KEYTURN_PORT?.startsWith('tcp://')) {
    throw bad(
      'KEYTURN_PORT holds a Kubernetes service link (tcp://…), not a port; set enableServiceLinks: false in the pod.',
    );
  }
  return integer(env, 'KEYTURN_PORT', 8377, 0, 65_535);
}

function masterKeys(env: NodeJS.ProcessEnv): Buffer[] {
  const text = env.KEYTURN_MASTER_KEY?.trim();
  if (!text) return [];
  return text.split(',').map((part) => {
    const key = Buffer.from(part.trim(), 'base64');
    if (key.length !== 32 || key.toString('base64') !== part.trim()) {
      throw bad('KEYTURN_MASTER_KEY must be the base64 of exactly 32 bytes (make one with: openssl rand -base64 32).');
    }
    return key;
  });
}

function networks(env: NodeJS.ProcessEnv, name: string): string[] {
  const parts = (env[name] ?? '').split(',').map((part) => part.trim());
  return parts.filter(Boolean).map((part) => {
    if (!ipaddr.isValidCIDR(part)) throw bad(`${name}: "${part}" is not a network such as 127.0.0.0/8.`);
    return part;
  });
}

function apiKey(env: NodeJS.ProcessEnv): string | null {
  const key = env.KEYTURN_API_KEY?.trim();
  if (!key) return null;
  if (key.length < 24) throw bad('KEYTURN_API_KEY must have 24 characters or more.');
  return key;
}

function httpUrl(env: NodeJS.ProcessEnv, name: string): string | null {
  const text = env[name]?.trim();
  if (!text) return null;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw bad(`${name} must be an http or https address.`);
  return text.replace(/\/+$/, '');
}

function httpsUrl(env: NodeJS.ProcessEnv, name: string): string | null {
  const url = httpUrl(env, name);
  if (url?.startsWith('http:')) throw bad(`${name} must be an https address.`);
  return url;
}

function databaseUrl(env: NodeJS.ProcessEnv): string | null {
  const text = env.DATABASE_URL?.trim();
  if (!text) return null;
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    throw bad('DATABASE_URL must be a postgresql:// address; leave it unset for the embedded database.');
  }
  return text;
}

function artifactPlace(env: NodeJS.ProcessEnv, dataDir: string): ArtifactPlace {
  const text = env.KEYTURN_ARTIFACTS?.trim() ?? '';
  if (!text.startsWith('s3:')) return { kind: 'folder', folder: path.resolve(text || path.join(dataDir, 'artifacts')) };
  const [, bucket = '', prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? [];
  if (!bucket || /[^\w/.-]/.test(prefix)) throw bad('KEYTURN_ARTIFACTS must be a folder or s3://bucket/prefix.');
  const [accessKeyId, secretAccessKey] = [env.AWS_ACCESS_KEY_ID?.trim(), env.AWS_SECRET_ACCESS_KEY?.trim()];
  if (!accessKeyId !== !secretAccessKey) throw bad('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together.');
  return {
    kind: 's3',
    bucket,
    prefix: prefix.split('/').filter(Boolean).join('/'),
    endpoint: httpUrl(env, 'KEYTURN_S3_ENDPOINT'),
    region: env.AWS_REGION?.trim() || 'us-east-1',
    credentials:
      accessKeyId && secretAccessKey
        ? { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN?.trim() || null }
        : null,
  };
}

function mail(env: NodeJS.ProcessEnv): MailConfig | null {
  const smtpPort = integer(env, 'KEYTURN_SMTP_PORT', 0, 0, 65_535);
  const domain = env.KEYTURN_MAIL_DOMAIN?.trim().toLowerCase();
  if (smtpPort === 0) return null;
  if (!domain || !/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(domain)) {
    throw bad('KEYTURN_SMTP_PORT needs KEYTURN_MAIL_DOMAIN, a domain such as codes.example.com.');
  }
  const [certFile, keyFile] = [env.KEYTURN_SMTP_CERT?.trim(), env.KEYTURN_SMTP_KEY?.trim()];
  if (!certFile !== !keyFile) throw bad('KEYTURN_SMTP_CERT and KEYTURN_SMTP_KEY go together.');
  return {
    host: env.KEYTURN_SMTP_HOST?.trim() || '127.0.0.1',
    port: smtpPort,
    domain,
    tls: certFile && keyFile ? { certFile, keyFile } : null,
  };
}

function otlp(env: NodeJS.ProcessEnv): OtlpConfig | null {
  const endpoint = httpUrl(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  if (!endpoint) return null;
  const pairs = (env.OTEL_EXPORTER_OTLP_HEADERS ?? '').split(',').filter((pair) => pair.trim() !== '');
  const headers = pairs.map((pair) => {
    const [, name, value = ''] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=(.*)$/.exec(pair) ?? [];
    try {
      if (name) return [name.toLowerCase(), decodeURIComponent(value.trim())] as const;
    } catch {
      // Not percent-encoded: told below, without the value.
    }
    throw bad('OTEL_EXPORTER_OTLP_HEADERS must be name=value pairs, comma-separated and percent-encoded.');
  });
  return {
    tracesUrl: `${endpoint}/v1/traces`,
    headers: Object.fromEntries(headers),
    serviceName: env.OTEL_SERVICE_NAME?.trim() || 'keyturn',
  };
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
