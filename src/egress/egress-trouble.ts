import Type, { type Static } from 'typebox';
import { Nullable } from '../schema.ts';

/**
 * Why the proxy did not connect to where a browser wanted to go. The browser itself sees only a connection that closes:
 * whatever the proxy answered would stand in the page as if the site had said it.
 */
export const EgressTroubleSchema = Type.Object({
  /** As the browser named it, without brackets. */
  host: Type.String(),
  port: Type.Integer(),
  /**
   * Denied: `address` is not allowed, `own` belongs to this service. Not reached: the name does not resolve (`dns`),
   * nobody listens there (`refused`), or nothing came back in time (`slow`).
   */
  kind: Type.Enum(['address', 'own', 'dns', 'refused', 'slow']),
  /** The address that was refused or tried; null when there is none. */
  address: Nullable(Type.String()),
});
export type EgressTrouble = Static<typeof EgressTroubleSchema>;

/** It was not allowed, rather than not there. */
export function isDenied({ kind }: EgressTrouble): boolean {
  return kind === 'address' || kind === 'own';
}
