import { Session } from 'node:inspector/promises';
import { StatementThread } from '../../src/storage/statement-thread.ts';

/** Ends the thread that writes a database, from within, while a statement is asked: the argument is the file. */
const thread = new StatementThread(process.argv[2] ?? '');
await thread.script('CREATE TABLE things (id INTEGER PRIMARY KEY)');
const session = new Session();
session.connect();
const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'process.exit(1)' } });
session.on('NodeWorker.attachedToWorker', ({ params: { sessionId } }) => {
  void session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
});
console.log('asks');
await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
const answered = () =>
  thread.run('SELECT 1', []).then(
    () => true,
    () => false,
  );
while (await answered());
session.disconnect();
