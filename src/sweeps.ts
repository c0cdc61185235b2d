import { sweepCodes } from './codes/code-store.ts';
import { removeExpiredCodes } from './codes/issue-code.ts';
import { credentialSweeps } from './credentials/temporary-credential.ts';
import { removeExpiredAnswers } from './http/idempotency.ts';
import { removeOldAttempts } from './runs/attempt-ledger.ts';
import type { RunServices } from './runs/run-services.ts';
import { removeOldSiteStarts } from './runs/site-starts.ts';
import type { Sweep } from './runs/sweeper.ts';
import { SEALED_PLACES } from './sealed-places.ts';
import { removeExpiredSigningSecrets } from './signing/signing-secret-store.ts';
import { DataKeyRotation } from './vaults/data-key-rotation.ts';

/** What has to go when its time is over. Several processes may sweep at once. */
export function sweeps(services: RunServices): Sweep[] {
  const { database } = services.storage;
  const db = database.asSystem('sweep');
  const rotation = new DataKeyRotation({ ...services, database }, SEALED_PLACES);
  return [
    ...credentialSweeps(services, database),
    {
      name: 'used codes',
      async sweep(now) {
        await removeExpiredCodes(db, now);
      },
    },
    { name: 'codes', sweep: (now) => sweepCodes(db, now) },
    { name: 'signing secrets', sweep: (now) => removeExpiredSigningSecrets(db, now) },
    { name: 'retired data keys', sweep: (now) => rotation.sweep(now) },
    { name: 'old attempts', sweep: (now) => removeOldAttempts(db, now) },
    {
      name: 'old artifacts',
      async sweep(now) {
        const { artifactDays } = services.config;
        if (artifactDays !== null) await services.artifacts.removeOld(db, artifactDays, now);
      },
    },
    { name: 'places at sites', sweep: async () => removeOldSiteStarts(db, await database.now()) },
    { name: 'repeated answers', sweep: (now) => removeExpiredAnswers(db, now) },
  ];
}
