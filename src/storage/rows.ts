/** The rows as the generated client returns them. */
export type {
  ApiKey,
  Artifact,
  Attempt,
  AuditEvent,
  BrowserProfile,
  Code,
  CodeWait,
  Credential,
  DataKey,
  Organization,
  Run,
  RunEvent,
  SigningSecret,
  SmsWebhook,
  VaultConfig,
  VaultWrite,
} from './generated/sqlite/client.ts';
