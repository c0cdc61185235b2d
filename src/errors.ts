/** One row of the error table: HTTP status, whether the same call may succeed later, the default sentence. */
interface ErrorRow {
  status: number;
  retryable: boolean;
  sentence: string;
}

/** The one table from error code to HTTP status, retryability and sentence. The README's table is tested against it. */
export const ERRORS = {
  invalid_request: { status: 400, retryable: false, sentence: 'The request is not valid.' },
  invalid_totp: {
    status: 400,
    retryable: false,
    sentence: 'The TOTP seed is not valid base32 and not an otpauth:// address.',
  },
  code_not_found: {
    status: 400,
    retryable: false,
    sentence: 'No one-time code or magic link was found in the content for sure.',
  },
  invalid_url: { status: 400, retryable: false, sentence: 'The URL is not one a login can start from.' },
  address_not_allowed: {
    status: 400,
    retryable: false,
    sentence: 'The URL leads to a private address; name its network in KEYTURN_ALLOW_NETWORKS to allow it.',
  },
  origin_not_allowed: {
    status: 400,
    retryable: false,
    sentence: "The URL's origin is not among the credential's allowed origins.",
  },
  credential_type_not_testable: { status: 400, retryable: false, sentence: 'Only password credentials can be tested.' },
  vault_not_configured: { status: 400, retryable: false, sentence: 'This vault is not configured.' },
  authentication_failure: { status: 401, retryable: false, sentence: 'The API key is missing, unknown or revoked.' },
  insufficient_scope: { status: 403, retryable: false, sentence: 'The API key lacks the scope this call needs.' },
  signature_refused: { status: 403, retryable: false, sentence: 'The signature is not right for this address.' },
  not_found: { status: 404, retryable: false, sentence: 'There is no such thing here.' },
  method_not_allowed: { status: 405, retryable: false, sentence: 'This method is not offered here.' },
  idempotency_mismatch: { status: 409, retryable: false, sentence: 'This Idempotency-Key was used with another body.' },
  in_progress: {
    status: 409,
    retryable: true,
    sentence: 'The first request with this Idempotency-Key is still in progress.',
  },
  known_rejected: {
    status: 409,
    retryable: false,
    sentence: 'The site has refused this secret before; update the credential, or try it again with force.',
  },
  conflict: { status: 409, retryable: true, sentence: 'The record was changed by another call at the same time.' },
  request_timeout: { status: 408, retryable: true, sentence: 'The request took too long to arrive.' },
  payload_too_large: { status: 413, retryable: false, sentence: 'The body is larger than this call takes.' },
  uri_too_long: { status: 414, retryable: false, sentence: 'The address is longer than 8,192 characters.' },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    sentence: 'The body must be JSON (content-type: application/json).',
  },
  headers_too_large: {
    status: 431,
    retryable: false,
    sentence: 'The request has more than 16 KiB of headers, or more than 100.',
  },
  cooldown: { status: 429, retryable: true, sentence: 'The waiting time that the site named is not over.' },
  queue_full: { status: 429, retryable: true, sentence: 'Too many runs of the organization are queued.' },
  rate_limited: { status: 429, retryable: true, sentence: 'Too many calls; try again later.' },
  internal: { status: 500, retryable: true, sentence: 'Something went wrong on our side.' },
  unavailable: { status: 503, retryable: true, sentence: 'The service cannot do this right now.' },
  vault_refused: { status: 502, retryable: false, sentence: 'The vault does not let us in; check its configuration.' },
  vault_failed: { status: 502, retryable: true, sentence: 'The vault did not do what it was asked.' },
  vault_busy: { status: 503, retryable: true, sentence: 'The vault asks to be left alone for a while.' },
  /** The rest never reach HTTP: they stop a start or a command with exit code 3. */
  bad_configuration: { status: 500, retryable: false, sentence: 'The configuration is not valid.' },
  bad_master_key: { status: 500, retryable: false, sentence: 'The master key does not open this data.' },
  data_dir_locked: { status: 500, retryable: false, sentence: 'Another Keyturn process holds this data folder.' },
  database_newer: { status: 500, retryable: false, sentence: 'The database was made by a newer Keyturn.' },
  database_foreign: { status: 500, retryable: false, sentence: 'The database holds tables that are not ours.' },
  database_unreachable: { status: 503, retryable: true, sentence: 'The database cannot be reached.' },
  port_in_use: { status: 500, retryable: false, sentence: 'The port is in use.' },
  no_browser: {
    status: 503,
    retryable: false,
    sentence: 'No Chromium was found; run "keyturn browser ensure" or set KEYTURN_CHROMIUM.',
  },
  unseal_failed: { status: 500, retryable: false, sentence: 'A sealed record does not open.' },
  browser_crashed: { status: 500, retryable: true, sentence: 'The browser crashed.' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

export interface KeyturnErrorOptions {
  /** What is sent as `detail`; the table's sentence when left out. Never holds a secret. */
  detail?: string;
  /** For `invalid_request`: where in the request, and what. */
  errors?: { path: string; message: string }[];
  /** For /health/ready: the state of each part. */
  parts?: Record<string, string>;
  /** Seconds for `Retry-After`. */
  retryAfter?: number;
  cause?: unknown;
}

/** Our own failure. A site's refusal is an outcome and is returned, never thrown. */
export class KeyturnError extends Error {
  override readonly name = 'KeyturnError';
  readonly code: ErrorCode;
  readonly errors: { path: string; message: string }[] | undefined;
  readonly parts: Record<string, string> | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, options: KeyturnErrorOptions = {}) {
    super(options.detail ?? ERRORS[code].sentence, { cause: options.cause });
    this.code = code;
    this.errors = options.errors;
    this.parts = options.parts;
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** The refusal of one place of a request: where (a JSON pointer), and what it must be. Never holds the value. */
export function invalidAt(path: string, message: string): KeyturnError {
  return new KeyturnError('invalid_request', { errors: [{ path, message }] });
}
