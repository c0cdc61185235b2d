import { type EgressPass, newPass } from '../src/egress/egress-access.ts';
import type { EgressProxy } from '../src/egress/egress-proxy.ts';

/** A hand-written context on its way out through an egress proxy, as the service's contexts go. */
export interface Admitted {
  pass: EgressPass;
  release(): void;
}

/** Lets one more hand-written context out. What it does not reach is a mistake of the bench. */
export function admitTo(egress: EgressProxy): Admitted {
  const pass = newPass(egress.access);
  egress.admit(pass.username, (trouble) => {
    throw new Error(`The script was not let through: ${trouble.kind}`);
  });
  return { pass, release: () => egress.release(pass.username) };
}
