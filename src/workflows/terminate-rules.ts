import type { TerminateRuleId } from '../login/outcome.ts';

/** When a login ends without success. Data, shown to the user as it is; a terminated run names the rule that fired. */
export const TERMINATE_RULES: readonly { id: TerminateRuleId; text: string }[] = [
  {
    id: 'error_after_attempt',
    text:
      'After the attempt the page shows an error: wrong password, invalid credentials, a locked or suspended account, ' +
      'suspicious activity, too many attempts, or any other error.',
  },
  {
    id: 'asks_for_more',
    text:
      'The page asks for something that was not provided. A one-time code for which the credential has a source is not ' +
      'such a thing.',
  },
  {
    id: 'submitted_without_success',
    text: 'The form was submitted once and the login did not succeed.',
  },
];

/** The rules as one sentence, the way the block states it. */
export const TERMINATE_CRITERION = `End the run when one of these holds: ${TERMINATE_RULES.map(
  (rule, index) => `(${index + 1}) ${rule.text}`,
).join(' ')}`;
