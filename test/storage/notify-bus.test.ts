import { Client } from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { BusMessage } from '../../src/storage/db.ts';
import { NotifyBus } from '../../src/storage/notify-bus.ts';
import { describeWith } from '../support/skip.ts';
import { newPlace, type Place } from '../support/test-database.ts';

async function emptyPlace(): Promise<Place> {
  const place = await newPlace('postgresql');
  onTestFinished(place.remove);
  return place;
}

/** What hangs on to a database must let go of it before it is removed. */
function opened(place: Place, errors: unknown[] = []) {
  const bus = new NotifyBus(place.databaseUrl ?? '', (error) => errors.push(error));
  onTestFinished(() => bus.close());
  const heard: BusMessage[] = [];
  bus.subscribe((message) => heard.push(message));
  return { bus, heard, errors };
}

async function connected(place: Place): Promise<Client> {
  const client = new Client({ connectionString: place.databaseUrl ?? '' });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const resumed: BusMessage = { type: 'resumed' };
const cancel: BusMessage = { type: 'cancel', run_id: 'wr_1' };
const of = (at: number): BusMessage => ({ type: 'run', run_id: `wr_${at}` });

describeWith({ name: 'PostgreSQL', available: inject('postgresUrl') !== '' }, 'the bus of many machines', () => {
  test('says when it listens, and reaches every machine once', async () => {
    const place = await emptyPlace();
    const [one, two] = [opened(place), opened(place)];
    await expect.poll(() => [one.heard, two.heard]).toEqual([[resumed], [resumed]]);
    one.bus.publish(cancel);
    expect(one.heard, 'at once where it was published').toEqual([resumed, cancel]);
    await expect.poll(() => two.heard).toEqual([resumed, cancel]);
    // Whatever it sends back comes before what is sent after it.
    two.bus.publish(of(2));
    await expect.poll(() => one.heard).toEqual([resumed, cancel, of(2)]);
  });

  test('sends ids and nothing else, and takes nothing else for a notice', async () => {
    const place = await emptyPlace();
    const client = await connected(place);
    const payloads: (string | undefined)[] = [];
    client.on('notification', ({ payload }) => payloads.push(payload));
    await client.query('LISTEN keyturn');
    const { bus, heard } = opened(place);
    await expect.poll(() => heard).toEqual([resumed]);
    bus.publish(cancel);
    await expect
      .poll(() => payloads.map((payload = '') => JSON.parse(payload)))
      .toEqual([{ from: expect.any(String), message: cancel }]);
    for (const payload of [
      '',
      '{',
      'null',
      '7',
      '{"from":"x","message":{"type":"resumed"}}',
      '{"from":"x","message":{"type":"cancel"}}',
    ]) {
      await client.query('SELECT pg_notify($1, $2)', ['keyturn', payload]);
    }
    await client.query('SELECT pg_notify($1, $2)', ['keyturn', JSON.stringify({ from: 'x', message: of(3) })]);
    await expect.poll(() => heard).toEqual([resumed, cancel, of(3)]);
  });

  test('connects again by itself, says so, and sends what was published meanwhile', async () => {
    const place = await emptyPlace();
    const client = await connected(place);
    const [one, two] = [opened(place), opened(place)];
    await expect.poll(() => [one.heard, two.heard]).toEqual([[resumed], [resumed]]);
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'keyturn-bus' AND datname = current_database()`);
    await expect.poll(() => [one.errors.length, two.errors.length]).toEqual([1, 1]);
    for (let at = 0; at < 500; at += 1) one.bus.publish(of(at % 250));
    const notices = Array.from({ length: 250 }, (_, at) => of(at));
    await expect.poll(() => two.heard.filter(({ type }) => type === 'resumed')).toHaveLength(2);
    // Those of one listener that were sent before the other listened again are lost; the last ones are not.
    one.bus.publish(cancel);
    await expect.poll(() => two.heard.at(-1)).toEqual(cancel);
    const told = two.heard.filter(({ type }) => type === 'run');
    expect(notices).toEqual(expect.arrayContaining(told));
    expect(new Set(told.map((message) => JSON.stringify(message))).size).toBe(told.length);
  });

  test('tells the rest before it closes, even if it never was connected', async () => {
    const place = await emptyPlace();
    const { heard } = opened(place);
    await expect.poll(() => heard).toEqual([resumed]);
    const short = new NotifyBus(place.databaseUrl ?? '', () => undefined);
    short.publish({ type: 'key-revoked', api_key_id: 'ak_1' });
    await short.close();
    short.publish(cancel);
    await expect.poll(() => heard).toEqual([resumed, { type: 'key-revoked', api_key_id: 'ak_1' }]);
  });

  test('closes without a server, and has said once that there is none', async () => {
    const errors: unknown[] = [];
    const bus = new NotifyBus('postgresql://nobody@127.0.0.1:1/none', (error) => errors.push(error));
    bus.publish(cancel);
    await expect.poll(() => errors).toHaveLength(1);
    await bus.close();
    expect(errors).toMatchObject([{ code: 'database_unreachable' }]);
  });
});
