import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of /proc/<pid>/stat in a second, on every Linux there is. */
const TICKS = 100;

interface ProcessFacts {
  pid: number;
  parent: number;
  /** Of the process and of its children that ended. */
  ticks: number;
}

/** The processes at and below one, as /proc tells. */
function tree(root: number): ProcessFacts[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): ProcessFacts[] => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
        const [parent = 0, ...ticks] = [1, 11, 12, 13, 14].map((at) => Number(fields[at]));
        return [{ pid: Number(name), parent, ticks: ticks.reduce((sum, one) => sum + one, 0) }];
      } catch {
        // It ended while it was looked at.
        return [];
      }
    });
  const below = new Set([root]);
  for (let before = 0; before !== below.size; ) {
    before = below.size;
    for (const { pid, parent } of all) if (below.has(parent)) below.add(pid);
  }
  return all.filter(({ pid }) => below.has(pid));
}

/**
 * Seconds of processor time this process and everything below it have used, browsers that ended meanwhile too. What a
 * thing costs by this measure hardly depends on what else the machine does; times by the clock do.
 */
export function cpuSeconds(): number {
  return tree(process.pid).reduce((sum, { ticks }) => sum + ticks, 0) / TICKS;
}

/** Mebibytes a process and everything below it hold, what they share counted once. */
export function memoryMiB(root: number): number {
  const kib = tree(root).map(({ pid }) => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}
