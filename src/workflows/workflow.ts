import { KeyturnError } from '../errors.ts';
import type { TerminateRuleId } from '../login/outcome.ts';
import { TERMINATE_CRITERION, TERMINATE_RULES } from './terminate-rules.ts';

/** Fill-and-submit steps of a login without and with a second factor. */
const STEPS_PLAIN = 3;
const STEPS_WITH_CODE = 5;
/** Opening, waiting for redirects, closing banners, opening the form. */
export const ACTION_LIMIT = 12;

export interface LoginBlock {
  block_type: 'login';
  label: 'login';
  url: string;
  navigation_goal: string;
  terminate_criterion: string;
  rules: { id: TerminateRuleId; text: string }[];
  max_steps_per_run: number;
  parameter_keys: 'credential'[];
  totp_identifier: string | null;
  totp_url: string | null;
}

/** The recipe of one run: what the user is shown and what the engine is held to. */
export interface WorkflowDefinition {
  title: string;
  description: string;
  status: 'auto_generated';
  persist_browser_session: boolean;
  parameters: { key: 'credential'; parameter_type: 'credential'; credential_id: string }[];
  blocks: LoginBlock[];
}

export interface WorkflowRequest {
  credentialId: string;
  /** `Login Test` of a temporary credential, or `Credential Test` of a stored one. */
  kind: 'login_test' | 'credential_test';
  /** The username for a login test, the credential's name for a credential test. */
  subject: string;
  url: string;
  totpType: string;
  totpIdentifier: string | null;
  totpUrl: string | null;
  saveProfile: boolean;
  /** The run starts from a saved profile. */
  checkFirst: boolean;
}

const RULES_OF_CONDUCT =
  'Never guess or invent a value, never use a value in the field of another role, submit each form once, and report ' +
  "the page's exact words.";

const FRESH_GOAL = `Go to the login page if the browser is not on it, log in with the credential, and verify from the page that the login succeeded. ${RULES_OF_CONDUCT}`;

const CHECK_FIRST_GOAL = `Look for signs of a session first, such as a dashboard, a welcome, a user menu or a profile icon. If logged in, touch no form. Log in with the credential only if a login form clearly shows, and verify from the page that the login succeeded. ${RULES_OF_CONDUCT}`;

/** Generates the one-shot login workflow of a run. */
export function generateWorkflow(request: WorkflowRequest): WorkflowDefinition {
  const title =
    request.kind === 'login_test' ? `Login Test - ${request.subject}` : `Credential Test - ${request.subject}`;
  return {
    title,
    description: `Logs in once at ${new URL(request.url).origin} and reports what the site answered.`,
    status: 'auto_generated',
    persist_browser_session: request.saveProfile,
    parameters: [{ key: 'credential', parameter_type: 'credential', credential_id: request.credentialId }],
    blocks: [
      {
        block_type: 'login',
        label: 'login',
        url: request.url,
        navigation_goal: request.checkFirst ? CHECK_FIRST_GOAL : FRESH_GOAL,
        terminate_criterion: TERMINATE_CRITERION,
        rules: TERMINATE_RULES.map((rule) => ({ ...rule })),
        max_steps_per_run: request.totpType === 'none' && request.totpUrl === null ? STEPS_PLAIN : STEPS_WITH_CODE,
        parameter_keys: ['credential'],
        totp_identifier: request.totpIdentifier,
        totp_url: request.totpUrl,
      },
    ],
  };
}

/** The one block of a login workflow. Throws `internal` for a definition that is none. */
export function loginBlock(workflow: WorkflowDefinition): LoginBlock {
  const [block] = workflow.blocks;
  if (!block) throw new KeyturnError('internal', { detail: 'The workflow has no login block.' });
  return block;
}
