/** Marks a skip of what lies beside the checkout or nowhere. */
export const BESIDE = 'which lie beside the checkout';
/** Marks a skip of what only whoever runs the machine may allow. */
export const NOT_GRANTED = 'which is not granted here';

/** Whether no set-up of a machine by a script could have prevented this skip. */
export function isBeyondSetUp(name: string): boolean {
  return name.includes(BESIDE) || name.includes(NOT_GRANTED);
}
