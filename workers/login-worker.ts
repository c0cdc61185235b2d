import { serveJobs } from '../src/execution/worker-thread.ts';
import { runLogin, TimeLimit } from '../src/login/run-login.ts';

/** The thread entry: jobs in, replies out. */
export default serveJobs({ run: runLogin, TimeLimit });
