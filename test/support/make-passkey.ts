import { chromium } from 'playwright';
import { inject } from 'vitest';
import type { PracticeAccount } from '../../src/practice/accounts.ts';
import type { PracticeSite } from '../../src/practice/practice-site.ts';

/** A passkey as `POST /v1/credentials` takes it. */
export interface ImportedPasskey {
  id: string;
  rp_id: string;
  user_handle: string;
  private_key: string;
  public_key: string;
  sign_count: number;
}

/** Signs in to the practice site by password and makes a passkey there, in a browser with a virtual authenticator. */
export async function makePasskey(site: PracticeSite, account: PracticeAccount): Promise<ImportedPasskey> {
  const browser = await chromium.launch({
    executablePath: inject('chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
  try {
    const context = await browser.newContext();
    await context.credentials.install();
    const page = await context.newPage();
    await page.goto(site.localhostUrl('passkey-button'));
    await page.getByLabel('Username').fill(account.username);
    await page.getByLabel('Password').fill(account.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL('**/account');
    await page.goto(site.localhostUrl('passkey-button', 'passkeys'));
    await page.getByRole('button', { name: 'Create a passkey' }).click();
    await page.getByText('The passkey was saved.').waitFor();
    const [made] = await context.credentials.get();
    if (!made) throw new Error('The browser holds no passkey');
    const { id, rpId, userHandle, privateKey, publicKey, signCount } = made;
    return {
      id,
      rp_id: rpId,
      user_handle: userHandle,
      private_key: privateKey,
      public_key: publicKey,
      sign_count: signCount,
    };
  } finally {
    await browser.close();
  }
}
