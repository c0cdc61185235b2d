import type { Prisma } from './generated/sqlite/client.ts';

/** A value as a Json column takes it: plain data, undefined members dropped. */
export function toJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value));
}
