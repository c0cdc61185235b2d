import type { SystemDb } from '../storage/db.ts';
import type { Run } from '../storage/rows.ts';

/** What became of a run that was to be claimed. */
export type Claimed =
  /** It is ours, or its end was written, or somebody else has it. */
  | 'done'
  /** Another run has its account, its site has had its logins of this second, or its organization as many runs as it may. */
  | 'account'
  | 'site'
  | 'organization';

type Position = Pick<Run, 'created_at' | 'id'>;

/** Runs of one organization that are tried in one round before the next has its turn. */
const TRIES = 50;

/** Where a run logs in; of one that a version before this column wrote it is read from the URL. */
export const originOf = (run: Pick<Run, 'origin' | 'url'>): string => run.origin ?? new URL(run.url).origin;

/**
 * Queued runs in the order in which they are claimed: the organizations take turns, one run each, and within one the
 * oldest comes first. So an organization with ten thousand queued runs keeps another's waiting for one run, not for all of
 * them. Each question is answered from the index over status, organization and time.
 */
export class FairQueue {
  readonly #db: Pick<SystemDb, 'run'>;
  /** Whose turn it was last. */
  #turn = '';
  /** How far an organization's queue was looked through where too many in a row could not be claimed. */
  readonly #places = new Map<string, Position>();

  constructor(db: Pick<SystemDb, 'run'>) {
    this.#db = db;
  }

  /** Offers runs to `claim` while there is room and something that can be claimed. */
  async round(room: () => boolean, claim: (run: Run) => Promise<Claimed>): Promise<void> {
    const round = new Round(this.#db, this.#places);
    while (room()) {
      const organization = await round.organizationAfter(this.#turn);
      if (organization === null) {
        // Nothing is queued, so nobody's turn is next: most looks find that, and need not go round.
        if (round.isEmpty) this.#turn = '';
        return;
      }
      this.#turn = organization;
      await round.serve(organization, room, claim);
    }
  }
}

/** One look at the queue, and what cannot be claimed in it. */
class Round {
  readonly #db: Pick<SystemDb, 'run'>;
  readonly #done = new Set<string>();
  readonly #sites = new Set<string>();
  readonly #tried = new Set<string>();

  /** See FairQueue. */
  readonly #places: Map<string, Position>;

  constructor(db: Pick<SystemDb, 'run'>, places: Map<string, Position>) {
    this.#db = db;
    this.#places = places;
  }

  /** Nobody was found to have a queued run. */
  get isEmpty(): boolean {
    return this.#done.size + this.#tried.size === 0;
  }

  #where() {
    const sites = { OR: [{ origin: null }, { origin: { notIn: [...this.#sites] } }] };
    return {
      status: 'queued',
      ...(this.#tried.size > 0 && { id: { notIn: [...this.#tried] } }),
      ...(this.#sites.size > 0 && sites),
    };
  }

  /** The next one with a queued run, in a circle. */
  async organizationAfter(last: string): Promise<string | null> {
    const find = (after: string) =>
      this.#db.run.findFirst({
        where: { ...this.#where(), organization_id: { gt: after, notIn: [...this.#done] } },
        orderBy: [{ organization_id: 'asc' }],
        select: { organization_id: true },
      });
    const row = (await find(last)) ?? (last === '' ? null : await find(''));
    return row?.organization_id ?? null;
  }

  /** Has one run of the organization claimed, the oldest that can be. */
  async serve(organization: string, room: () => boolean, claim: (run: Run) => Promise<Claimed>): Promise<void> {
    const blocked: { credential_id: string; origin: string }[] = [];
    for (let tries = 1; room(); tries += 1) {
      const run = await this.#oldest(organization, blocked);
      // At the end of its queue: the next look begins at the front again.
      if (!run) this.#places.delete(organization);
      const claimed = run && (await claim(run));
      if (claimed === 'done') return;
      if (!run || claimed === 'organization') break;
      if (tries === TRIES) {
        this.#places.set(organization, run);
        break;
      }
      this.#tried.add(run.id);
      if (claimed === 'site') this.#sites.add(originOf(run));
      else blocked.push({ credential_id: run.credential_id, origin: originOf(run) });
    }
    this.#done.add(organization);
  }

  #oldest(organization: string, blocked: { credential_id: string; origin: string }[]): Promise<Run | null> {
    const place = this.#places.get(organization);
    return this.#db.run.findFirst({
      where: {
        AND: [
          this.#where(),
          place
            ? { OR: [{ created_at: { gt: place.created_at } }, { created_at: place.created_at, id: { gt: place.id } }] }
            : {},
        ],
        organization_id: organization,
        ...(blocked.length > 0 && { NOT: { OR: blocked } }),
      },
      orderBy: [{ created_at: 'asc' }, { id: 'asc' }],
    });
  }
}
