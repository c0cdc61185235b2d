import { serveJobs } from '../../src/execution/worker-thread.ts';
import { oddEngine } from './odd-engine.ts';

/** The thread entry of the executor's own tests: the real one with another engine. */
export default serveJobs(oddEngine);
