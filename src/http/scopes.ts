/** What a key may do. `admin` implies the rest. */
export const SCOPES = [
  'credentials:read',
  'credentials:write',
  'runs:read',
  'runs:write',
  'codes:read',
  'codes:write',
  'profiles:read',
  'profiles:export',
  'vaults:write',
  'audit:read',
  'admin',
] as const;
export type Scope = (typeof SCOPES)[number];

export function allows(held: readonly Scope[], needed: Scope): boolean {
  return held.includes('admin') || held.includes(needed);
}
