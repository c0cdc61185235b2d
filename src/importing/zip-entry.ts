import { Unzip, type UnzipFile, UnzipInflate } from 'fflate';
import { KeyturnError } from '../errors.ts';
import { unreadable } from './imported-item.ts';

const MAX_ENTRIES = 10_000;
const MAX_UNPACKED_BYTES = 32 * 1024 * 1024;
/** Unpacked bytes for a packed one. Text that people made stays far below. */
const MAX_RATIO = 200;
/** Below this the ratio says nothing. */
const RATIO_FROM_BYTES = 1024 * 1024;
/** What is unpacked between two looks at the limits: at most a thousand times as much. */
const SLICE_BYTES = 4 * 1024;
const METHODS = [0, 8];

/**
 * The bytes of the one file with this name in a zip archive; null: there is none. Nothing else is unpacked, no name is
 * used as a path, and the limits count what really comes out, whatever the archive says of its sizes. Throws
 * `invalid_request` for what is no archive or goes beyond them.
 */
export function zipEntry(archive: Buffer, name: string): Buffer | null {
  const chunks: Uint8Array[] = [];
  let entries = 0;
  let found = 0;
  let [packed, unpacked] = [0, 0];
  const take = (file: UnzipFile) => {
    entries += 1;
    if (entries > MAX_ENTRIES) throw unreadable('The archive holds more than 10,000 files.');
    if (file.name !== name) return;
    found += 1;
    if (found > 1) throw unreadable(`The archive holds "${name}" twice.`);
    if (!METHODS.includes(file.compression)) throw unreadable(`"${name}" is packed in a way that is not known here.`);
    const start = packed;
    file.ondata = (error, chunk) => {
      if (error) throw error;
      unpacked += chunk.length;
      const ratio = unpacked / (packed - start + SLICE_BYTES);
      if (unpacked > MAX_UNPACKED_BYTES || (unpacked > RATIO_FROM_BYTES && ratio > MAX_RATIO)) {
        throw unreadable(`"${name}" unpacks to too much: more than 32 MiB, or 200 times its size.`);
      }
      chunks.push(chunk);
    };
    file.start();
  };
  try {
    const reader = new Unzip(take);
    reader.register(UnzipInflate);
    for (; packed < archive.length; packed += SLICE_BYTES) {
      const end = packed + SLICE_BYTES;
      reader.push(archive.subarray(packed, end), end >= archive.length);
    }
  } catch (error) {
    throw error instanceof KeyturnError ? error : unreadable('The archive is damaged.');
  }
  return found === 0 ? null : Buffer.concat(chunks);
}
