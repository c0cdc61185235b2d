import { serveStatements } from '../src/storage/serve-statements.ts';

/** The thread entry: statements in, results out. */
serveStatements();
