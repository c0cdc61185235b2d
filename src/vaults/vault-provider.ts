import type { TSchema } from 'typebox';
import type { GuardedClient } from '../egress/guarded-client.ts';
import type { Logger } from '../log.ts';
import type { BackgroundWork } from './background-work.ts';
import type { Vault, VaultType } from './vault.ts';

/** What a vault is built from besides its configuration. */
export interface VaultEnvironment {
  client: GuardedClient;
  log: Logger;
  background: BackgroundWork;
  /** The Azure Key Vault of organizations that name none. */
  azureVaultUrl: string | null;
  /** Writes down that the vault reads the item of a credential by itself. Await it first; throws `unavailable`. */
  recordRead(credentialId: string): Promise<void>;
}

/** What may be read back of a configuration: addresses and names, nothing that opens the vault. */
export type VaultMetadata = Record<string, string | number | boolean | null>;

/** A configuration as it came in, checked. */
export interface ParsedConfig<Config> {
  /** Kept sealed. */
  config: Config;
  metadata: VaultMetadata;
  /** Every secret in it, the one whose last four characters are shown first. */
  secrets: string[];
}

/** A kind of vault that organizations configure. A new one is a file with one of these, and a line in `vault-providers.ts`. */
export interface VaultProvider<Config = unknown> {
  readonly type: VaultType;
  /** The part of the path in `/v1/credentials/<route>/{get,create,check}`. */
  readonly route: string;
  /** `token_type` in answers. */
  readonly tokenType: string;
  /** What it is called in sentences. */
  readonly title: string;
  /** The body of `create`; unknown members are refused. */
  readonly schema: TSchema;
  /** Takes a body that fits the schema. Throws `invalid_request`. */
  parse(body: unknown): ParsedConfig<Config>;
  /**
   * The place of the items that a configuration makes: the same for two that differ only in how one gets in there. Null:
   * it makes none.
   */
  place(metadata: VaultMetadata): string | null;
  open(config: Config, environment: VaultEnvironment): Vault;
}
