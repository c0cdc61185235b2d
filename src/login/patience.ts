/** How long a page may take to open: the login page, and what it led to when that is opened once more. */
export const OPEN_MS = 30_000;
/** How long a page may take to show a form or a way to one. */
export const FORM_MS = 10_000;
/** The same for one that says it is still getting ready. */
export const UNFINISHED_MS = 20_000;
/** A page that has not changed for this long has shown what it has. */
export const SETTLED_MS = 600;
