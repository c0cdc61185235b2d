import type { TestProject } from 'vitest/node';
import { findChromium } from '../../src/browser/find-chromium.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the Chromium the tests drive. */
    chromium: string;
  }
}

/** Finds the browser once for the whole run; tests read its path by `inject('chromium')`. */
export default function setup(project: TestProject): void {
  project.provide('chromium', findChromium(process.env.KEYTURN_CHROMIUM || null).executable);
}
