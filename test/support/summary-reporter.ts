import { writeSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule, TestSuite } from 'vitest/node';
import { isBeyondSetUp } from './skipped-names.ts';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

function isSkipped(suite: TestSuite): boolean {
  return suite.children.size > 0 && suite.state() === 'skipped';
}

/** Prints a skipped suite once, by its name, and else goes down to the single tests. */
function skippedNames(parent: TestModule | TestSuite): string[] {
  const names: string[] = [];
  for (const child of parent.children) {
    if (child.type === 'test') {
      if (child.result().state === 'skipped') names.push(child.fullName);
    } else if (isSkipped(child)) {
      names.push(child.fullName);
    } else {
      names.push(...skippedNames(child));
    }
  }
  return names;
}

function count(modules: readonly TestModule[]): Tally {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const state = test.result().state;
      if (state === 'passed') tally.passed += 1;
      else if (state === 'skipped') tally.skipped += 1;
      else failedHere += 1;
    }
    // A file may fail without a failed test: it does not load, a hook throws, or it left something behind.
    tally.failed += Math.max(failedHere, module.ok() ? 0 : 1);
  }
  return tally;
}

/**
 * Says what was skipped, and ends the output with `N passed, N failed, N skipped` alone on a line.
 * With `requireAll` a skipped test fails the run, unless no script can bring what it needs.
 */
export class SummaryReporter implements Reporter {
  readonly #requireAll: boolean;
  #tally: Tally = { passed: 0, failed: 0, skipped: 0 };

  constructor(options: { requireAll: boolean }) {
    this.#requireAll = options.requireAll;
  }

  onInit(): void {
    // At exit and not at the end of the tests: the look for what the whole run left behind comes after them.
    process.once('exit', (code) => {
      const { passed, skipped } = this.#tally;
      const failed = this.#tally.failed || (code === 0 ? 0 : 1);
      writeSync(1, `${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    this.#tally = count(modules);
    this.#tally.failed += unhandled.length;
    const names = modules.flatMap(skippedNames);
    for (const name of names) writeSync(1, `SKIPPED ${name}\n`);
    if (this.#tally.skipped === 0) return;
    const fails = this.#requireAll && names.some((name) => !isBeyondSetUp(name));
    const words = fails ? 'which fails this run: KEYTURN_TEST_REQUIRE_ALL=1' : 'not counted as passed';
    writeSync(1, `${this.#tally.skipped} tests were skipped, ${words}.\n`);
    if (fails) process.exitCode = 1;
  }
}
