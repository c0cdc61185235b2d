import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A disk of its own size, in memory. */
export interface SmallDisk {
  readonly folder: string;
  /** Writes until nothing more fits. */
  fill(): void;
  /** Takes back what `fill` wrote. */
  free(): void;
  remove(): void;
}

/** Mounts one; null where that is not allowed. */
export function mountSmallDisk(megabytes: number): SmallDisk | null {
  const folder = mkdtempSync(path.join(tmpdir(), 'small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
  const ballast = path.join(folder, 'ballast');
  mkdirSync(ballast);
  const fillWith = (bytes: number): void => {
    const piece = Buffer.alloc(bytes, 1);
    try {
      for (;;) writeFileSync(path.join(ballast, `${readdirSync(ballast).length}`), piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  };
  return {
    folder,
    fill() {
      // Pages of memory are the smallest thing such a disk gives out.
      for (const bytes of [1024 * 1024, 64 * 1024, 4096]) fillWith(bytes);
    },
    free() {
      for (const name of readdirSync(ballast)) rmSync(path.join(ballast, name));
    },
    remove() {
      // A database's handle stays open until it is collected: the disk goes with it.
      execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' });
      rmSync(folder, { recursive: true });
    },
  };
}

/** Whether such a disk can be mounted here. */
export function canMount(): boolean {
  const disk = mountSmallDisk(1);
  disk?.remove();
  return disk !== null;
}
