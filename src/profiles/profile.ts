import type { SessionState } from '../login/outcome.ts';
import type { BrowserProfile } from '../storage/rows.ts';

/** `suspect`: a later restore of it failed, though the login itself worked. */
export const PROFILE_STATES = ['ok', 'suspect'] as const;
export type ProfileState = (typeof PROFILE_STATES)[number];

/** A browser profile as the API shows it. The session itself leaves only by export. */
export interface ProfileView {
  browser_profile_id: string;
  organization_id: string;
  name: string;
  description: string | null;
  credential_id: string | null;
  state: ProfileState;
  created_at: string;
  modified_at: string;
}

/** A profile's session as it is exported and imported. `storage_state` is Playwright's, verbatim. */
export type ExportedSession = Omit<SessionState, 'landing_url'>;

export function profileView(row: Omit<BrowserProfile, 'sealed'>): ProfileView {
  return {
    browser_profile_id: row.id,
    organization_id: row.organization_id,
    name: row.name,
    description: row.description,
    credential_id: row.credential_id,
    state: row.state as ProfileState,
    created_at: row.created_at.toISOString(),
    modified_at: row.modified_at.toISOString(),
  };
}

/** The name a profile gets when a login of a credential made it. Names need not be unique. */
export function profileName(credential: { id: string; name: string }): string {
  return `Profile - ${credential.name} (${credential.id})`;
}
