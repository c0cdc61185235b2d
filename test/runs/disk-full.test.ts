import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';
import { describeWith } from '../support/skip.ts';
import { canMount, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';

describeWith(
  { name: 'the right to mount a small disk', available: canMount(), right: true },
  'while the disk is full',
  () => {
    let disk: SmallDisk;
    let practice: Practice;
    let service: Service;
    beforeEach(async () => {
      const mounted = mountSmallDisk(16);
      if (!mounted) throw new Error('The disk could not be mounted');
      disk = mounted;
      practice = await startPractice();
      service = await startService({ KEYTURN_DATA_DIR: path.join(disk.folder, 'data') });
    });
    afterEach(async () => {
      await service.close();
      await practice.close();
      disk.remove();
    });

    test('calls are 503, runs wait, and all goes on by itself once there is room', { timeout: 120_000 }, async () => {
      const start = ({ username, password }: { username: string; password: string }, url: string) =>
        service.call('POST', '/v1/credentials/test-login', { url, username, password });
      const { body: judged } = await start(practice.ada, `${practice.site.url('slow')}?delay=3000`);
      await expect.poll(() => practice.site.attempts(practice.ada.username).password).toBe(1);
      const credential = { name: 'n', credential_type: 'password', credential: { password: practice.wrong } };
      const store = () => service.call('POST', '/v1/credentials', credential);
      const status = async () => (await service.call('GET', `/v1/runs/${judged.workflow_run_id}`)).body;
      // The run that is under way writes too: until nothing of it fits any more.
      await expect
        .poll(async () => {
          disk.fill();
          return (await store()).status;
        })
        .toBe(503);
      const refused = await start(practice.grace, practice.site.url('classic'));
      expect([refused.status, refused.body.code]).toEqual([503, 'unavailable']);
      expect((await service.call('GET', '/v1/credentials')).status).toBe(200);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      // What is only read is answered; the site has answered by now, and that cannot be written.
      await expect
        .poll(() => service.log(), { timeout: 30_000 })
        .toMatch(/the (end of the )?run cannot be written now/);
      expect(await status()).toMatchObject({ status: 'running', outcome: null });

      disk.free();
      await expect.poll(async () => (await status()).outcome, { timeout: 60_000 }).toBe('logged_in');
      expect(await status()).toMatchObject({ status: 'completed', submissions: { password: 1 } });
      const next = await start(practice.grace, practice.site.url('classic'));
      expect(next.status).toBe(200);
      expect(await service.finished(next.body)).toMatchObject({ outcome: 'code_source_missing' });
      for (const { username } of [practice.ada, practice.grace]) {
        expect(practice.site.attempts(username).password).toBe(1);
      }
      expect((await service.call('GET', '/health/ready')).status).toBe(200);
    });
  },
);
