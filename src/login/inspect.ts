import type { Page } from 'playwright';
import type { Candidate } from './fields/score.ts';
import type { UnreadableView } from './observation.ts';
import { type Look, observe } from './observe.ts';
import { classify, type PageKind } from './page-state.ts';

export interface InspectedElement {
  /** CSS, good for the first match in its frame; `null` frames are the page itself. */
  selector: string;
  score: number;
  reasons: string[];
}

/** What Keyturn sees on a page. */
export interface Inspection {
  page_kind: PageKind;
  identifier: InspectedElement | null;
  password: InspectedElement | null;
  new_password: InspectedElement | null;
  code: InspectedElement | null;
  submit: InspectedElement | null;
  /** Seen, and left alone: nothing is chosen or ticked there unless the credential names the field. */
  tenant: InspectedElement | null;
  remember_me: InspectedElement | null;
  /** Parts that can hold a login and cannot be read. */
  unreadable: Omit<UnreadableView, 'frame'>[];
}

/** Runs inside the page: a selector that finds exactly this element. */
function selectorOf(element: Element): string {
  const unique = (selector: string): boolean => {
    const root = element.getRootNode() as Document | ShadowRoot;
    return root.querySelectorAll(selector).length === 1;
  };
  if (element.id && unique(`#${CSS.escape(element.id)}`)) return `#${CSS.escape(element.id)}`;
  const name = element.getAttribute('name');
  const byName = name ? `${element.localName}[name="${CSS.escape(name)}"]` : '';
  if (byName && unique(byName)) return byName;
  const parts: string[] = [];
  for (let at: Element | null = element; at; at = at.parentElement) {
    const siblings = at.parentElement ? [...at.parentElement.children] : [at];
    parts.unshift(
      at.parentElement
        ? `${CSS.escape(at.localName)}:nth-child(${siblings.indexOf(at) + 1})`
        : CSS.escape(at.localName),
    );
  }
  return parts.join(' > ');
}

/** Looks at the page as a run would, types nothing. */
export async function inspectPage(page: Page): Promise<Inspection> {
  const look = await observe(page);
  const { kind, fields } = classify(look.observation);
  const inspection: Inspection = {
    page_kind: kind,
    identifier: await inspected(look, fields.identifier),
    password: await inspected(look, fields.password),
    new_password: await inspected(look, fields.new_passwords[0] ?? null),
    code: await inspected(look, fields.code[0] ?? null),
    submit: await inspected(look, fields.submit),
    tenant: await inspected(look, fields.tenant),
    remember_me: await inspected(look, fields.remember),
    unreadable: look.observation.unreadable.map(({ kind, text }) => ({ kind, text })),
  };
  look.dispose();
  return inspection;
}

async function inspected(
  look: Look,
  candidate: Candidate<{ frame: number; ref: number }> | null,
): Promise<InspectedElement | null> {
  const element = candidate && (await look.element(candidate.element));
  if (!candidate || !element) return null;
  return { selector: await element.evaluate(selectorOf), score: candidate.score, reasons: candidate.reasons };
}
