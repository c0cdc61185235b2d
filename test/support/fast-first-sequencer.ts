import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/**
 * When a file's turn comes, by what it costs: those without a browser first, so that a broken rule shows at once; then
 * the few that take a minute or more, so that the run does not end with one of them alone; then the others.
 */
const TURNS: readonly (readonly [files: RegExp, turn: number])[] = [
  [/\/test\/(canary|chaos|real-applications)\//, 2],
  [/\/test\/api\/(arriving-codes|attempts|hostile-pages|login-outcomes|login-test-rules|profile-life)\./, 2],
  [
    /\/test\/(cli\/(data-commands|start|test-login)|runs\/(clock-jump|crash|database-down|dispatch|other-process)|scale\/roles)\./,
    2,
  ],
  [/\/test\/(api|browser|cli|execution|login|planner|practice|recordings|runs|scale)\//, 3],
];

function turn(file: string): number {
  return TURNS.find(([files]) => files.test(file))?.[1] ?? 1;
}

/** Fast files first, in the same order on every machine. */
export class FastFirstSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => turn(a.moduleId) - turn(b.moduleId) || a.moduleId.localeCompare(b.moduleId, 'en'));
  }
}
