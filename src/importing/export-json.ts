import { unreadable } from './imported-item.ts';

type JsonObject = Record<string, unknown>;

/** Deeper than any export; what is nested millions of times takes all memory while it is parsed. */
const MAX_DEPTH = 64;

/**
 * The object in a text. Throws `invalid_request` for anything else; the parser's own words are dropped, for they repeat
 * the text around the fault.
 */
export function jsonObject(text: string): JsonObject {
  refuseDeep(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable('The file is not valid JSON.');
  }
  if (!isObject(value)) throw unreadable('The file holds no JSON object.');
  return value;
}

function refuseDeep(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (inString) {
      if (sign === 0x5c) at += 1;
      else if (sign === 0x22) inString = false;
    } else if (sign === 0x22) inString = true;
    else if (sign === 0x7b || sign === 0x5b) {
      depth += 1;
      if (depth > MAX_DEPTH) throw unreadable('The JSON of the file is nested too deeply.');
    } else if (sign === 0x7d || sign === 0x5d) depth -= 1;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that is an object; an empty one where it is not. */
export function objectAt(value: unknown, name: string): JsonObject {
  const member = isObject(value) ? value[name] : null;
  return isObject(member) ? member : {};
}

/** A member's objects where it is a list; none otherwise. */
export function objectsAt(value: unknown, name: string): JsonObject[] {
  const member = isObject(value) ? value[name] : null;
  return Array.isArray(member) ? member.filter(isObject) : [];
}

/** A member that is a text; empty where it is not. */
export function textAt(value: unknown, name: string): string {
  const member = isObject(value) ? value[name] : null;
  return typeof member === 'string' ? member : '';
}

/** A member that is a whole number; null where it is not. */
export function numberAt(value: unknown, name: string): number | null {
  const member = isObject(value) ? value[name] : null;
  return Number.isSafeInteger(member) ? (member as number) : null;
}
