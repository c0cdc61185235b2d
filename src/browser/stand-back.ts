import { readFile, writeFile } from 'node:fs/promises';

/**
 * How much worker threads, and the browsers they start, stand back where processors are short: main answers calls and
 * heartbeats, in milliseconds, while pages may as well take a moment longer. Nothing is lost where there is room.
 */
export const NICENESS = 5;

/**
 * Has a browser and all its processes stand back behind the service. The niceness they inherit counts only inside their
 * own group where Linux schedules each session as one (`autogroup`, see sched(7)), and Playwright starts a browser in a
 * session of its own: eight busy pages would get as large a part of the processor as whatever answers calls. Elsewhere,
 * as in a container's cgroup, there is no such group, and the inherited niceness does it.
 */
export async function standBackAsGroup(pid: number): Promise<void> {
  try {
    const [own, its] = await Promise.all([autogroup('self'), autogroup(pid)]);
    if (its !== own) await writeFile(`/proc/${pid}/autogroup`, String(NICENESS));
  } catch {
    // Another system, a kernel without such groups, or a browser that is gone: nothing depends on it.
  }
}

/** The group of a process, such as `/autogroup-123`. */
async function autogroup(pid: number | 'self'): Promise<string> {
  const [name = ''] = (await readFile(`/proc/${pid}/autogroup`, 'utf8')).split(' ');
  return name;
}
