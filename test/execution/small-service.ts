import { createPoolExecutor } from '../../src/execution/pool-executor.ts';
import { startEgress } from '../support/egress.ts';
import { oddJob, RecordedHandlers } from './recorded-handlers.ts';

/**
 * A service of one thread that is doing something, for tests that end it from outside or let a thread die: arguments
 * are the browser, the temporary folder, a URL and a phase. Prints what it knows; ends by itself when the run does.
 */
const [executable = '', tempRoot = '', url = '', phase = ''] = process.argv.slice(2);
const entry = new URL('odd-worker.ts', import.meta.url);
const egress = await startEgress(['127.0.0.1/32']);
const executor = await createPoolExecutor({ executable, workers: 1, runsPerWorker: 4, tempRoot, entry, egress });
const started = await executor.execute(oddJob(url, 'title'), new RecordedHandlers(), new AbortController().signal);
console.log('ready', started.kind);
const abort = new AbortController();
const handlers = new RecordedHandlers();
const running = executor.execute(oddJob(`${url}running`, phase), handlers, abort.signal);
process.stdin.once('data', () => abort.abort('canceled'));
const reply = await running;
console.log('reply', JSON.stringify(reply), 'closed', handlers.closed);
const next = await executor.execute(oddJob(url, 'title'), new RecordedHandlers(), new AbortController().signal);
console.log('next', next.kind);
await executor.close();
await egress.close();
process.stdin.destroy();
console.log('done');
