import { readBitwardenExport } from './bitwarden-export.ts';
import { browserOf, readChromeCsv, readFirefoxCsv } from './browser-csv.ts';
import { type ImportedItem, type ImportFormat, type ImportKey, textOf, unreadable } from './imported-item.ts';
import { readKeepassExport } from './keepass-export.ts';
import { readOnepasswordExport } from './onepassword-export.ts';

/** A file of another program, known but not read yet. */
export interface ExportFile {
  format: ImportFormat;
  /** Whether it takes a password, or a key file, to read it. */
  locked: boolean;
  /** Throws `invalid_request`. The key is for a locked one. */
  items(key: ImportKey, signal: AbortSignal): Promise<ImportedItem[]>;
}

/** The first magic number of a KeePass file of any version, little-endian. */
const KEEPASS = Buffer.from('03d9a29a', 'hex');
/** Of the first file in a zip archive, and of an archive without any. */
const ZIP = [Buffer.from('PK\x03\x04'), Buffer.from('PK\x05\x06')];

/**
 * A file by its content, whatever its name; a format that is named is believed. Throws `invalid_request` for what is
 * none of them.
 */
export function openExport(file: Buffer, named?: ImportFormat): ExportFile {
  const format = named ?? formatOf(file);
  const open = (items: ExportFile['items'], locked = false): ExportFile => ({ format, locked, items });
  switch (format) {
    case 'keepass':
      return open((key, signal) => readKeepassExport(file, key, signal), true);
    case '1pux':
      return open(async () => readOnepasswordExport(file));
    case 'bitwarden': {
      const { items, locked } = readBitwardenExport(textOf(file));
      return open(({ password }) => items(password ?? ''), locked);
    }
    case 'chrome':
      return open(async () => readChromeCsv(textOf(file)));
    case 'firefox':
      return open(async () => readFirefoxCsv(textOf(file)));
  }
}

function formatOf(file: Buffer): ImportFormat {
  const begins = (bytes: Buffer) => file.subarray(0, bytes.length).equals(bytes);
  if (begins(KEEPASS)) return 'keepass';
  if (ZIP.some(begins)) return '1pux';
  const text = textOf(file);
  if (/^\s*[[{]/.test(text)) return 'bitwarden';
  const browser = browserOf(text);
  if (browser !== null) return browser;
  throw unreadable(
    'The file is none that is known here: a Bitwarden export as JSON, a 1Password export (1PUX), a KeePass file (.kdbx), or a CSV file of Chrome, Edge or Firefox.',
  );
}
