import { writeFileSync } from 'node:fs';

/**
 * Leaves this process and everything it starts without memory in a core dump: a crash would write passwords to a disk
 * (https://man7.org/linux/man-pages/man5/core.5.html, "Controlling which mappings are written"). Returns why it could
 * not, where the system has no such switch.
 */
export function disableCoreDumps(): Error | null {
  try {
    writeFileSync('/proc/self/coredump_filter', '0', { flag: 'r+' });
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
