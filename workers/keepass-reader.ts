import type { KeepassQuestion } from '../src/vaults/keepass-process.ts';
import { readKeepass } from '../src/vaults/keepass-reading.ts';

/** The process entry: one question in, one answer out. Without the service there is nobody to answer. */
process.once('disconnect', () => process.exit());
process.once('message', async (question) => {
  const answer = await readKeepass(question as KeepassQuestion);
  process.send?.(answer);
});
