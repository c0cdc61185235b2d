/** A row of the built-in vault, for tests of the storage: nothing opens it. */
export const vaultItem = (organizationId: string, id: string) => ({
  id,
  organization_id: organizationId,
  credential_id: 'cred_1',
  data_key_id: 'dk_1',
  sealed: new Uint8Array([1, 2, 3]),
  created_at: new Date(0),
});
