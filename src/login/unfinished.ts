import type { Observation } from './observation.ts';

/** A page with next to nothing on it goes on by itself: it loads, or a form on it is about to be posted by a script. */
export function leadsOn({ fields, buttons, lines }: Observation): boolean {
  const shown = [...fields, ...buttons].filter(({ visible }) => visible);
  return shown.length <= 1 && lines.length <= 3;
}

/** A short line that ends open, in any language: "Signing in…". */
const OPEN_END = /^.{1,60}(…|\.\.\.)$/;

/** A page that goes on by itself in so many seconds is waited for; a longer time is for a page that is kept up to date. */
const SOON_S = 15;

/**
 * Such a page that is blank or says, in words or by something that turns, that it is still getting ready; and any that
 * says that it goes on to another in a moment.
 */
export function unfinished(observation: Observation): boolean {
  const { lines, busy, refresh } = observation;
  if (refresh !== null && refresh <= SOON_S) return true;
  return leadsOn(observation) && (busy || lines.length === 0 || lines.some((line) => OPEN_END.test(line)));
}
