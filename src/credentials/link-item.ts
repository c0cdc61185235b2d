import { createHash } from 'node:crypto';
import type { Static } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Actor } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { normalizeSeed } from '../codes/totp.ts';
import { parseLoginUrl } from '../egress/check-url.ts';
import { invalidAt, KeyturnError } from '../errors.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { CredentialSecret, VaultItem } from '../vaults/vault.ts';
import type { CredentialType, ParsedSecret } from './credential.ts';
import { LinkedFieldsSchema } from './credential-schemas.ts';
import type { LinkedItem } from './credential-secret.ts';
import type { CredentialServices } from './credential-store.ts';
import { cardColumns, labelColumns, parseOrigins, passwordColumns } from './parse-secret.ts';

type LinkedFields = Static<typeof LinkedFieldsSchema>;

const fieldsValidator = Compile(LinkedFieldsSchema);

/**
 * What begins like `localhost:3000` and is no host: with `https://` in front the scheme would pass for a username or a
 * host. Behind the colon of a host a port stands; some schemes have numbers there too.
 */
const OTHER_SCHEME = /^(?:(?:javascript|data|mailto|tel|sms):|[a-z][a-z\d+.-]*:(?!\d+(?:[/?#]|$)))/i;

/**
 * The web addresses of an item as origins; what is none (an app's id, a name, one with a username) is left out.
 * Null: it has addresses, and none is a web address. Without any origin its password could be typed anywhere.
 */
export function originsOf(addresses: readonly (string | null)[]): string[] | null {
  const origins = new Set(addresses.map(originOf).filter((origin) => origin !== null));
  return addresses.length > 0 && origins.size === 0 ? null : [...origins];
}

function originOf(address: string | null): string | null {
  if (address === null) return null;
  // The URL parser overlooks line breaks, and would put a scheme together again.
  const text = address.replace(/[\t\r\n]/g, '').trim();
  const isWhole = /^https?:\/\//i.test(text);
  if (!isWhole && OTHER_SCHEME.test(text)) return null;
  const url = URL.parse(isWhole ? text : `https://${text}`);
  return url && url.username === '' && url.password === '' ? url.origin : null;
}

/** What the caller says of the item. Throws `invalid_request` for what the item itself has to say. */
function linkedFields(value: unknown): LinkedFields {
  if (value === undefined) return {};
  return checked(value, 'With item_id the secret is what the item holds; only what the item cannot say is named here.');
}

/**
 * What the caller says, and where the codes come from by the item where the caller does not. Throws `invalid_request`
 * for an item that says what no credential takes: a run would only find that no code comes.
 */
function withCodesOf({ secret, codes }: VaultItem, said: LinkedFields): LinkedFields {
  const { totp_type = null, totp_identifier = null } = codes ?? {};
  // A mailbox is ours, and for mailed codes only; beside one our own items used to say `none`.
  const hasMailbox = secret.credential_type === 'password' && Boolean(secret.mailbox);
  const all = {
    ...(totp_type !== null && !hasMailbox && { totp_type: totp_type.toLowerCase() }),
    ...(totp_identifier !== null && { totp_identifier }),
    ...said,
  };
  return checked(all, 'What the item says of its codes is not valid; name it in credential, which goes before.');
}

function checked(value: unknown, detail: string): LinkedFields {
  if (fieldsValidator.Check(value)) return value;
  const errors = fieldsValidator
    .Errors(value)
    .map(({ instancePath, message }) => ({ path: `/credential${instancePath}`, message }));
  throw new KeyturnError('invalid_request', { detail, errors });
}

/** Who reads an item, and the credential that is to point at it. */
export interface LinkReader {
  actor: Actor;
  credentialId: string;
}

/**
 * Reads an item that others keep, once, for what a credential shows and allows. Its addresses become the allowed origins
 * unless the caller names some. Which item it was is told in the audit log by its hash: ids may say something. Throws
 * what the vault throws, `invalid_request` for an item of another type or one that says what the caller has to say
 * instead, and `invalid_totp`.
 */
export async function parseLinkedItem(
  services: CredentialServices,
  db: OrganizationDb,
  type: CredentialType,
  link: LinkedItem,
  said: unknown,
  { actor, credentialId }: LinkReader,
): Promise<ParsedSecret> {
  const fields = linkedFields(said);
  if (link.vaultType === 'local') throw invalidAt('/item_id', 'is only for a vault outside; name its vault_type');
  const item_sha256 = createHash('sha256').update(link.itemId).digest('hex');
  const details = { vault_type: link.vaultType, item_sha256 };
  await AuditLog.recordRead(db, { actor, action: 'secret.read', subject: credentialId, details });
  const item = await services.secrets.read(db, { ...link, credentialId: '' });
  const { secret } = item;
  if (secret.credential_type !== type) {
    throw invalidAt('/credential_type', `the item is of the type ${secret.credential_type}`);
  }
  const columns = columnsOf(secret, withCodesOf(item, fields));
  return { secret, columns, allowedOrigins: allowedOriginsOf(item, fields) };
}

function allowedOriginsOf({ secret, addresses }: VaultItem, { allowed_origins: named }: LinkedFields): string[] {
  const path = '/credential/allowed_origins';
  if (named) return parseOrigins(named, path);
  const origins = originsOf(addresses);
  if (origins === null && secret.credential_type === 'password') {
    throw invalidAt(path, "must be named: none of the item's addresses is a web address (http or https)");
  }
  return origins ?? [];
}

function columnsOf(secret: CredentialSecret, fields: LinkedFields): ParsedSecret['columns'] {
  if (secret.credential_type === 'credit_card') return cardColumns(secret);
  if (secret.credential_type === 'secret') return labelColumns(secret.secret_label);
  const { username, password, totp, recovery_codes = [], mailbox = null, passkey = null, extra_fields } = secret;
  const source = totp !== null ? 'authenticator' : mailbox !== null ? 'email' : 'none';
  const totpType = fields.totp_type ?? source;
  if ((totpType === 'authenticator') !== (totp !== null)) {
    const held = totp === null ? 'no TOTP seed' : 'a TOTP seed';
    throw invalidAt('/credential/totp_type', `is ${totpType}, and the item holds ${held}`);
  }
  return passwordColumns({
    username: username || null,
    password,
    totp: totp === null ? null : normalizeSeed(totp),
    totp_type: totpType,
    totp_identifier: fields.totp_identifier || null,
    totp_url: fields.totp_url ? parseLoginUrl(fields.totp_url).href : null,
    recovery_codes,
    use_recovery_codes: fields.use_recovery_codes ?? false,
    mailbox,
    passkey,
    extra_fields,
  });
}
