import type { Request } from 'playwright';

/** Whether a request is of a frame inside a page, not of the page itself. */
export function isFramed(request: Request): boolean {
  try {
    return request.frame().parentFrame() !== null;
  } catch {
    // A pop-up's first request comes before its frame is known.
    return false;
  }
}
