import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the Chromium the tests drive. */
    chromium: string;
  }
}

const PLACES = ['/usr/lib/chromium/chromium-headless-shell', '/usr/lib/chromium/chromium'];

/** Finds the browser once for the whole run; tests read it by `inject('chromium')`. */
export default async function setup(project: TestProject): Promise<void> {
  const chromium = process.env.KEYTURN_CHROMIUM ?? PLACES.find((place) => existsSync(place));
  if (!chromium) throw new Error('No Chromium was found.');
  project.provide('chromium', chromium);
}
