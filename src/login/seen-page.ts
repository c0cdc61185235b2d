import type { Page } from 'playwright';
import { type Look, observe } from './observe.ts';
import { classify, type PageState } from './page-state.ts';

/** A look with what it means. */
export interface SeenPage {
  look: Look;
  state: PageState;
}

export async function classifyLook(page: Page): Promise<SeenPage> {
  const look = await observe(page);
  return { look, state: classify(look.observation) };
}
