import { type ErrorCode, KeyturnError } from './errors.ts';

/**
 * Loads a package that an installation may be without, when it is first needed: none of them is small. Throws
 * `vault_not_configured`, or what else is said of who needs it, with its name where it is missing.
 */
export async function optionalPackage<Module>(
  name: string,
  load: () => Promise<Module>,
  needed: { by: string; code: ErrorCode } = { by: 'This vault', code: 'vault_not_configured' },
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new KeyturnError(needed.code, {
      detail: `${needed.by} needs the package ${name}, which is not installed; run "npm install ${name}".`,
      cause: error,
    });
  }
}
