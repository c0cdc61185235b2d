import type { InspectedElement, Inspection } from '../login/inspect.ts';
import type { PageKind } from '../login/page-state.ts';

/** What stands in a corpus' labels.json about one page. `unreviewed`: by Keyturn, nobody has looked at it yet. */
export interface PageLabels {
  status: 'unreviewed';
  kind: string;
  kinds: string[];
  fields: Record<string, string[]>;
  submit: { status: 'annotated' | 'none'; selectors: string[] };
}

/** Page kinds in the words of a corpus; what is not named is `other`. */
const KINDS: Partial<Record<PageKind, string>> = {
  login: 'login',
  identifier_step: 'login',
  password_step: 'login',
  sign_up: 'signup',
  password_change: 'password-change',
  code_step: 'otp',
};

/** The labels of a page as Keyturn sees it: where a person who corrects them begins. */
export function labelsOf(page: Inspection): PageLabels {
  const kind = KINDS[page.page_kind] ?? 'other';
  const roles: [string, InspectedElement | null][] = [
    [kind === 'login' ? 'username' : 'new-username', page.identifier],
    ['current-password', page.password],
    ['new-password', page.new_password],
    ['otp', page.code],
  ];
  const fields: PageLabels['fields'] = {};
  for (const [role, found] of roles) if (found) fields[role] = [found.selector];
  return {
    status: 'unreviewed',
    kind,
    kinds: [kind],
    fields,
    submit: page.submit
      ? { status: 'annotated', selectors: [page.submit.selector] }
      : { status: 'none', selectors: [] },
  };
}
