import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

export interface Part {
  name: string;
  bytes: Buffer;
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const LIMIT = { maxOutputLength: 512 * 1024 * 1024 };

export function isPng(bytes: Buffer): boolean {
  return bytes.subarray(0, 8).equals(PNG);
}

function unpacked(unpack: (bytes: Buffer, options: typeof LIMIT) => Buffer, bytes: Buffer): Buffer | null {
  try {
    return unpack(bytes, LIMIT);
  } catch {
    // Not what its first bytes promised: the bytes themselves are searched all the same.
    return null;
  }
}

/** Everything in a PNG besides the pixels, compressed texts unpacked. */
function pngParts(bytes: Buffer): Part[] {
  const parts: Part[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (type !== 'IDAT') {
      parts.push({ name: type, bytes: data });
      // zTXt: keyword, 0, method. iTXt: keyword, 0, flag, method, language, 0, keyword, 0. The stream follows.
      for (
        let start = data.indexOf(0x78);
        /^[zi]TXt$/.test(type) && start >= 0;
        start = data.indexOf(0x78, start + 1)
      ) {
        const text = unpacked(inflateSync, data.subarray(start));
        if (text) parts.push({ name: type, bytes: text });
      }
    }
    at += 12 + length;
  }
  return parts;
}

/** The entries of a zip file (a trace, a HAR) by its central directory. */
function zipParts(bytes: Buffer): Part[] {
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + 22 > bytes.length) return [];
  const parts: Part[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0 && at + 46 <= bytes.length; left -= 1) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const packedLength = bytes.readUInt32LE(at + 20);
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.toString('utf8', at + 46, at + 46 + (nameLength ?? 0));
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const packed = bytes.subarray(start, start + packedLength);
    const content = bytes.readUInt16LE(at + 10) === 0 ? packed : unpacked(inflateRawSync, packed);
    if (content) parts.push({ name, bytes: content });
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return parts;
}

/** What is packed inside these bytes, by their first bytes. */
export function partsOf(bytes: Buffer): Part[] {
  if (isPng(bytes)) return pngParts(bytes);
  if (bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04') return zipParts(bytes);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const content = unpacked(gunzipSync, bytes);
    return content ? [{ name: 'gunzip', bytes: content }] : [];
  }
  return [];
}
