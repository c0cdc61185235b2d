import { loadConfig } from '../src/config.ts';
import { createRuntime } from '../src/runtime.ts';
import { instantExecutor } from './instant-executor.ts';

/** One process of the service that takes up runs, with an executor that answers after a while instead of a browser. */
const runtime = await createRuntime(loadConfig(), { executor: instantExecutor(Number(process.argv[2])) });
console.log('takes up runs');
process.once('SIGTERM', () => {
  runtime.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
