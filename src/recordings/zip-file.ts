import { unzipSync, zipSync } from 'fflate';

export interface ZipEntry {
  name: string;
  bytes: Buffer;
}

/** The files of a zip archive. Throws when it is none, or holds more than `maxBytes`. */
export function unzipped(archive: Buffer, maxBytes: number): ZipEntry[] {
  let size = 0;
  const entries = unzipSync(archive, {
    filter: ({ originalSize }) => {
      size += originalSize;
      if (size > maxBytes) throw new Error('The archive is too large.');
      return true;
    },
  });
  return Object.entries(entries).map(([name, bytes]) => ({ name, bytes: Buffer.from(bytes) }));
}

export function zipped(entries: readonly ZipEntry[]): Buffer {
  return Buffer.from(zipSync(Object.fromEntries(entries.map(({ name, bytes }) => [name, bytes]))));
}
