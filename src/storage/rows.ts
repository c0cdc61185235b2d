/** The rows as the generated client returns them. */
export type {
  ApiKey,
  Artifact,
  Attempt,
  BrowserProfile,
  Code,
  CodeWait,
  Credential,
  Organization,
  Run,
  RunEvent,
  SigningSecret,
  SmsWebhook,
  VaultConfig,
  VaultWrite,
} from './generated/sqlite/client.ts';
