import type { TestProject } from 'vitest/node';
import { ensureChromium } from '../../src/browser/ensure-chromium.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the Chromium the tests drive. */
    chromium: string;
  }
}

/** Finds a browser that starts, or installs one, once for the whole run; tests read its path by `inject('chromium')`. */
export default async function setup(project: TestProject): Promise<void> {
  const configured = { chromium: process.env.KEYTURN_CHROMIUM || null };
  const { executable } = await ensureChromium(configured, (line) => console.log(line));
  project.provide('chromium', executable);
}
