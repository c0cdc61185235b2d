import path from 'node:path';
import ipaddr from 'ipaddr.js';
import type { ArtifactPlace, MailConfig, OtlpConfig } from './config.ts';
import { ENVIRONMENT } from './environment.ts';
import { KeyturnError } from './errors.ts';

export const KNOWN = new Set<string>(ENVIRONMENT.map(([name]) => name));
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

export function bad(detail: string): KeyturnError {
  return new KeyturnError('bad_configuration', { detail });
}

export function integer(env: NodeJS.ProcessEnv, name: string, fallback: number, min: number, max: number): number {
  const text = env[name]?.trim();
  if (!text) return fallback;
  if (!/^\d+$/.test(text) || Number(text) < min || Number(text) > max) {
    throw bad(`${name} must be a whole number from ${min} to ${max}.`);
  }
  return Number(text);
}

export function oneOf<T extends string>(env: NodeJS.ProcessEnv, name: string, allowed: readonly T[], fallback: T): T {
  const text = env[name]?.trim() || fallback;
  const found = allowed.find((value) => value === text);
  if (!found) throw bad(`${name} must be one of ${allowed.join(', ')}.`);
  return found;
}

export function port(env: NodeJS.ProcessEnv): number {
  if (env.KEYTURN_PORT?.startsWith('tcp://')) {
    throw bad(
      'KEYTURN_PORT holds a Kubernetes service link (tcp://…), not a port; set enableServiceLinks: false in the pod.',
    );
  }
  return integer(env, 'KEYTURN_PORT', 8377, 0, 65_535);
}

export function masterKeys(env: NodeJS.ProcessEnv): Buffer[] {
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

export function networks(env: NodeJS.ProcessEnv, name: string): string[] {
  const parts = (env[name] ?? '').split(',').map((part) => part.trim());
  return parts.filter(Boolean).map((part) => {
    if (!ipaddr.isValidCIDR(part)) throw bad(`${name}: "${part}" is not a network such as 127.0.0.0/8.`);
    return part;
  });
}

export function apiKey(env: NodeJS.ProcessEnv): string | null {
  const key = env.KEYTURN_API_KEY?.trim();
  if (!key) return null;
  if (key.length < 24) throw bad('KEYTURN_API_KEY must have 24 characters or more.');
  return key;
}

export function httpUrl(env: NodeJS.ProcessEnv, name: string): string | null {
  const text = env[name]?.trim();
  if (!text) return null;
  const url = /^https?:\/\//.test(text) ? URL.parse(text) : null;
  if (!url) throw bad(`${name} must be an http or https address.`);
  // Addresses are told, in logs too.
  if (url.username || url.password) throw bad(`${name} must be an address without a user name or password in it.`);
  return text.replace(/\/+$/, '');
}

export function httpsUrl(env: NodeJS.ProcessEnv, name: string): string | null {
  const url = httpUrl(env, name);
  if (url?.startsWith('http:')) throw bad(`${name} must be an https address.`);
  return url;
}

export function databaseUrl(env: NodeJS.ProcessEnv): string | null {
  const text = env.DATABASE_URL?.trim();
  if (!text) return null;
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    throw bad('DATABASE_URL must be a postgresql:// address; leave it unset for the embedded database.');
  }
  return text;
}

export function artifactPlace(env: NodeJS.ProcessEnv, dataDir: string): ArtifactPlace {
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

export function mail(env: NodeJS.ProcessEnv): MailConfig | null {
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

export function otlp(env: NodeJS.ProcessEnv): OtlpConfig | null {
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
