/** Marks a skip that no set-up of a machine could have prevented. */
export const BESIDE = 'which lie beside the checkout';
