import { KeyturnError } from '../errors.ts';

/** What `create` and `delete` come to in a vault whose items are made by others. */
export function refuseToWrite(title: string): Promise<never> {
  const detail = `${title} is only read here; name an item of it by item_id.`;
  return Promise.reject(new KeyturnError('invalid_request', { detail }));
}
