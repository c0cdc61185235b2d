import type { Artifacts } from '../artifacts/artifacts.ts';
import type { CodePicker } from '../codes/arrive.ts';
import type { MailboxTokens } from '../codes/mailbox-tokens.ts';
import type { Config } from '../config.ts';
import type { CredentialServices } from '../credentials/credential-store.ts';
import type { GuardedClient } from '../egress/guarded-client.ts';
import type { Lookup } from '../egress/resolve-host.ts';
import type { LoginExecutor } from '../execution/protocol.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Planner } from '../planner/planner.ts';
import type { ProfileStore } from '../profiles/profile-store.ts';
import type { Scrubber } from '../scrub.ts';
import type { Storage } from '../storage/db.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { DataKeys } from '../vaults/data-keys.ts';
import type { LeaseSignal } from './leases.ts';

/** What runs need from the rest of the service. */
export interface RunServices extends CredentialServices {
  config: Config;
  log: Logger;
  scrubber: Scrubber;
  metrics: Metrics;
  tracing: Tracing;
  storage: Storage;
  dataKeys: DataKeys;
  /** Null in a process that drives no runs. */
  executor: LoginExecutor | null;
  profiles: ProfileStore;
  artifacts: Artifacts;
  leases: LeaseSignal;
  /** The language-model fallback; null when it is off. */
  planner: Planner | null;
  /** Chooses a code in a message where none is certain; null when the fallback is off. */
  codePicker: CodePicker | null;
  /** For mailboxes that are opened by OAuth. */
  mailboxTokens: MailboxTokens;
  /** For calls to addresses that customers choose. */
  client: GuardedClient;
  /** Looks up names that an organization's callers and pages choose: a few at a time, beside those of the others. */
  lookupFor: (organizationId: string) => Lookup;
  /** Aborted when the service closes: ends what holds a connection open. */
  closing: AbortSignal;
}
