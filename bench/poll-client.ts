import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from './statistics.ts';

/**
 * Polls addresses one after the other, from a process of its own so that nothing else waits in it, and prints how long
 * the answers took. Arguments: seconds, key, addresses.
 */
const [seconds = '10', key = '', ...addresses] = process.argv.slice(2);
/** Between two polls: a client that never rests would be a part of the load. */
const PAUSE_MS = 10;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function poll(address: string): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    request(address, { agent, headers: { 'x-api-key': key } }, (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - started);
        else reject(new Error(`A poll answered ${response.statusCode}`));
      });
    })
      .once('error', reject)
      .end();
  });
}

const until = Date.now() + Number(seconds) * 1000;
const times: number[] = [];
while (Date.now() < until) {
  times.push(await poll(addresses[times.length % addresses.length] as string));
  await delay(PAUSE_MS);
}
agent.destroy();
console.log(
  JSON.stringify({
    polls: times.length,
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    p99: quantile(times, 0.99),
    max: Math.max(...times),
  }),
);
