import type Type from 'typebox';
import type { Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { normalizeSeed } from '../codes/totp.ts';
import { parseLoginUrl } from '../egress/check-url.ts';
import { invalidAt, KeyturnError } from '../errors.ts';
import type { MailboxSecret, VaultPasskey } from '../vaults/vault.ts';
import type { CredentialType, ParsedSecret, PasswordSecret, TotpType } from './credential.ts';
import { CreditCardSchema, type PASSWORD_FIELDS, PasswordSchema, SecretSchema } from './credential-schemas.ts';
import { mailboxMetadata, parseMailbox } from './parse-mailbox.ts';
import { faultOf, type PasskeyFields } from './parse-passkey.ts';

/** A password and its second factor, checked, the seed in its one spelling. */
export interface ParsedPassword {
  /** Null: a password-only page. */
  username: string | null;
  password: string;
  totp: string | null;
  totp_type: TotpType;
  totp_identifier: string | null;
  totp_url: string | null;
  recovery_codes: string[];
  use_recovery_codes: boolean;
  mailbox: MailboxSecret | null;
  passkey: VaultPasskey | null;
  extra_fields: Record<string, string>;
}

type PasswordFields = Static<Type.TObject<typeof PASSWORD_FIELDS>>;

const validators = {
  password: Compile(PasswordSchema),
  credit_card: Compile(CreditCardSchema),
  secret: Compile(SecretSchema),
};

/** Checks a secret against the schema of its type. The errors name places and rules, never values. */
function check<K extends keyof typeof validators>(type: K, value: unknown) {
  const validator = validators[type];
  if (validator.Check(value)) return;
  const errors = validator.Errors(value).map((error) => {
    const { instancePath, message } = error;
    return { path: `/credential${instancePath}`, message };
  });
  throw new KeyturnError('invalid_request', { errors });
}

/**
 * Origins in their one spelling, each once. Throws `invalid_request` for anything but an http(s) origin: user info, a
 * path or a query would be dropped silently, and the list would allow more than it says.
 */
export function parseOrigins(origins: readonly string[], path: string): string[] {
  const parsed = origins.map((text, index) => {
    const url = URL.parse(text.trim());
    if (!url || !/^https?:$/.test(url.protocol) || url.host === '') {
      throw invalidAt(`${path}/${index}`, 'must be an http or https origin such as https://example.com');
    }
    if (url.username !== '' || url.password !== '') {
      throw invalidAt(`${path}/${index}`, 'must not hold a username or password');
    }
    if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
      throw invalidAt(`${path}/${index}`, 'must be an origin, without a path, query or fragment');
    }
    return url.origin;
  });
  return [...new Set(parsed)];
}

/**
 * The password part of a credential or of a login test. `totp` alone means `authenticator`. Throws `invalid_totp` for a
 * malformed seed, `invalid_request` for a second factor that contradicts itself. `linkOnly`: the login begins at a secret
 * address and may do without a password.
 */
export function parsePassword(body: PasswordFields, path = '', linkOnly = false): ParsedPassword {
  const seed = body.totp ?? null;
  const mailbox = body.mailbox ? parseMailbox(body.mailbox, `${path}/mailbox`) : null;
  const totpType = body.totp_type ?? (seed !== null ? 'authenticator' : mailbox !== null ? 'email' : 'none');
  if (totpType === 'authenticator' && seed === null) {
    throw invalidAt(`${path}/totp`, 'is required when totp_type is authenticator');
  }
  if (totpType !== 'authenticator' && seed !== null) {
    throw invalidAt(`${path}/totp_type`, 'must be authenticator, or left out, when totp is given');
  }
  if (mailbox !== null && totpType !== 'email') {
    throw invalidAt(`${path}/totp_type`, 'must be email, or left out, when a mailbox is given');
  }
  const otherwise = linkOnly || totpType === 'email' || totpType === 'text' || body.totp_url || body.passkey;
  if (body.password === undefined && !otherwise) {
    throw invalidAt(
      `${path}/password`,
      'is required, unless there is a passkey or links or codes are sent to the account',
    );
  }
  const recoveryCodes = body.recovery_codes ?? [];
  if (body.use_recovery_codes && recoveryCodes.length === 0) {
    throw invalidAt(`${path}/recovery_codes`, 'is required when use_recovery_codes is true');
  }
  return {
    username: body.username || null,
    password: body.password ?? '',
    totp: seed === null ? null : normalizeSeed(seed),
    totp_type: totpType,
    totp_identifier: body.totp_identifier || null,
    totp_url: body.totp_url ? parseLoginUrl(body.totp_url).href : null,
    recovery_codes: recoveryCodes,
    use_recovery_codes: body.use_recovery_codes ?? false,
    mailbox,
    passkey: body.passkey ? parsePasskey(body.passkey, `${path}/passkey`) : null,
    extra_fields: body.extra_fields ?? {},
  };
}

function parsePasskey(passkey: PasskeyFields, path: string): VaultPasskey {
  const fault = faultOf(passkey);
  if (fault) throw invalidAt(`${path}/${fault.member}`, fault.reason);
  return { ...passkey, sign_count: passkey.sign_count ?? 0 };
}

/** What the vault keeps of a password. */
export function passwordSecret(parsed: ParsedPassword): PasswordSecret {
  const { username, password, totp, recovery_codes, passkey, extra_fields, mailbox } = parsed;
  return {
    credential_type: 'password',
    username: username ?? '',
    password,
    totp,
    recovery_codes,
    ...(passkey && { passkey }),
    extra_fields,
    mailbox,
  };
}

/** What the row keeps beside the vault's item. */
export function passwordColumns(parsed: ParsedPassword): ParsedSecret['columns'] {
  return {
    credential_type: 'password',
    username: parsed.username,
    totp_type: parsed.totp_type,
    totp_identifier: parsed.totp_identifier,
    totp_url: parsed.totp_url,
    use_recovery_codes: parsed.use_recovery_codes,
    recovery_codes_left: parsed.recovery_codes.length > 0 ? parsed.recovery_codes.length : null,
    details: {
      extra_fields: Object.keys(parsed.extra_fields),
      has_password: parsed.password !== '',
      ...(parsed.mailbox && { mailbox: mailboxMetadata(parsed.mailbox) }),
      passkey_rp_id: parsed.passkey?.rp_id ?? null,
    },
  };
}

const NO_ACCOUNT = {
  username: null,
  totp_type: 'none',
  totp_identifier: null,
  totp_url: null,
  use_recovery_codes: false,
  recovery_codes_left: null,
} as const;

/** What the row keeps beside the vault's card. */
export function cardColumns(card: { card_number: string; card_brand: string }): ParsedSecret['columns'] {
  const details = { last_four: card.card_number.slice(-4), brand: card.card_brand };
  return { ...NO_ACCOUNT, credential_type: 'credit_card', details };
}

/** What the row keeps beside the vault's secret of no other type. */
export function labelColumns(label: string | null): ParsedSecret['columns'] {
  return { ...NO_ACCOUNT, credential_type: 'secret', details: { secret_label: label } };
}

const parsers: Record<CredentialType, (value: unknown) => ParsedSecret> = {
  password(value) {
    check('password', value);
    const body = value as Static<typeof PasswordSchema>;
    const parsed = parsePassword(body, '/credential');
    return {
      secret: passwordSecret(parsed),
      columns: passwordColumns(parsed),
      allowedOrigins: body.allowed_origins ? parseOrigins(body.allowed_origins, '/credential/allowed_origins') : null,
    };
  },
  credit_card(value) {
    check('credit_card', value);
    const body = value as Static<typeof CreditCardSchema>;
    const digits = body.card_number.replace(/\D/g, '');
    return {
      secret: { credential_type: 'credit_card', ...body, card_number: digits },
      columns: cardColumns({ ...body, card_number: digits }),
      allowedOrigins: null,
    };
  },
  secret(value) {
    check('secret', value);
    const body = value as Static<typeof SecretSchema>;
    const label = body.secret_label || null;
    return {
      secret: { credential_type: 'secret', secret_value: body.secret_value, secret_label: label },
      columns: labelColumns(label),
      allowedOrigins: null,
    };
  },
};

/** The `credential` member of a request body, by credential type. Throws `invalid_request` or `invalid_totp`. */
export function parseSecret(type: CredentialType, value: unknown): ParsedSecret {
  return parsers[type](value);
}

/** `credential_type` as it is stored; upper case is accepted too. */
export function credentialTypeOf(text: string): CredentialType {
  return text.toLowerCase() as CredentialType;
}
