/** The rows as the generated client returns them. */
export type {
  ApiKey,
  Artifact,
  Attempt,
  BrowserProfile,
  Credential,
  Organization,
  Run,
  RunEvent,
} from './generated/sqlite/client.ts';
