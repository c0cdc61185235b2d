import { SEALED_CODES } from './codes/code-store.ts';
import { SEALED_MAILBOX_TOKENS } from './codes/mailbox-token-store.ts';
import { SEALED_SMS_TOKENS } from './codes/sms-webhook-store.ts';
import { SEALED_SESSIONS } from './profiles/profile-store.ts';
import { SEALED_START_URLS } from './runs/start-url.ts';
import { SEALED_SIGNING_SECRETS } from './signing/signing-secret-store.ts';
import type { SealedPlace } from './vaults/sealed-place.ts';
import { SEALED_VAULT_CONFIGS } from './vaults/vault-config-store.ts';

/** As the built-in vault binds its items: to their credential as well. */
const SEALED_VAULT_ITEMS: SealedPlace = {
  model: 'vaultItem',
  keyColumn: 'data_key_id',
  sealedColumn: 'sealed',
  boundTo: ['credential_id'],
  bind: ({ id, credential_id }) => ({ record: `${credential_id}/${id}`, field: 'secret' }),
};

/**
 * Everything that is sealed under data keys: what a rotation seals anew before the old key goes. A test holds it to the
 * columns of the schema, and another to the triggers that keep rows from a key that was destroyed.
 */
export const SEALED_PLACES: readonly SealedPlace[] = [
  SEALED_VAULT_ITEMS,
  SEALED_VAULT_CONFIGS,
  SEALED_SESSIONS,
  SEALED_CODES,
  SEALED_MAILBOX_TOKENS,
  SEALED_SIGNING_SECRETS,
  SEALED_SMS_TOKENS,
  SEALED_START_URLS,
];
