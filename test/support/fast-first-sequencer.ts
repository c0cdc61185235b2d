import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** What a file costs, by the folder it lies in, cheap first: a broken rule shows before a browser has started. */
const COST: readonly (readonly [folder: RegExp, cost: number])[] = [
  [/\/test\/real-applications\//, 5],
  [/\/test\/(canary|demo|end-to-end)\//, 5],
  [/\/test\/(login|browser|execution|practice)\//, 4],
  [/\/test\/(http|runs|routes)\//, 3],
  [/\/test\/(storage|credentials|vaults|profiles)\//, 2],
];

function cost(file: string): number {
  return COST.find(([folder]) => folder.test(file))?.[1] ?? 1;
}

/** Fast files first, in the same order on every machine. */
export class FastFirstSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => cost(a.moduleId) - cost(b.moduleId) || a.moduleId.localeCompare(b.moduleId, 'en'));
  }
}
