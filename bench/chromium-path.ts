import { ensureChromium } from '../src/browser/ensure-chromium.ts';
import { loadConfig } from '../src/config.ts';

/** The Chromium that both sides drive. */
export async function chromiumPath(): Promise<string> {
  const { KEYTURN_CHROMIUM } = process.env;
  const config = loadConfig(KEYTURN_CHROMIUM ? { KEYTURN_CHROMIUM } : {});
  return (await ensureChromium(config)).executable;
}
