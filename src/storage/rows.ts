/** The rows as the generated client returns them. */
export type {
  ApiKey,
  Artifact,
  Attempt,
  BrowserProfile,
  Code,
  CodeWait,
  Credential,
  MailboxToken,
  Organization,
  Run,
  RunEvent,
  SigningSecret,
  SmsWebhook,
} from './generated/sqlite/client.ts';
