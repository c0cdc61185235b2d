import { Prisma } from './generated/sqlite/client.ts';

/** An empty Json column; plain null would be the JSON value. */
export const NO_JSON = Prisma.DbNull;

/** A value as a Json column takes it: plain data, undefined members dropped. */
export function toJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value));
}
