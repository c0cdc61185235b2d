import type { CheckView, FieldView, Observation } from '../../src/login/observation.ts';

/** One thing on a page, in reading order. */
export type Piece =
  | { heading: string }
  | { text: string }
  | ({ field: string } & Partial<FieldView>)
  | ({ check: string } & Partial<CheckView>)
  | { button: string }
  | { link: string };

const LINE_PX = 40;

/** An observation made of pieces in one form, without a browser: each stands below the one before. */
export function plainPage(
  pieces: readonly Piece[],
  about: Partial<Pick<Observation, 'title' | 'lang' | 'captchas'>> = {},
): Observation {
  const observation: Observation = {
    url: 'https://site.test/page',
    title: '',
    lang: '',
    frames: [{ index: 0, url: 'https://site.test/page', origin: 'https://site.test', main: true }],
    fields: [],
    buttons: [],
    checks: [],
    forms: [{ frame: 0, form: 0, method: 'post', action: 'https://site.test/page', words: '', heading: '' }],
    messages: [],
    headings: [],
    lines: [],
    captchas: [],
    unreadable: [],
    busy: false,
    refresh: null,
    ...about,
  };
  let heading = '';
  let near = '';
  for (const [at, piece] of pieces.entries()) {
    const shared = { ref: at, frame: 0, order: at, form: 0 };
    const box = { x: 100, y: 200 + at * LINE_PX, width: 280, height: 30 };
    if ('field' in piece) {
      const { field, ...given } = piece;
      observation.fields.push({ ...FIELD, ...shared, label: field, near, heading, box, ...given });
      near = '';
    } else if ('heading' in piece) {
      heading = piece.heading;
      near = heading;
      observation.headings.push(heading);
      observation.lines.push(heading);
      const [form] = observation.forms;
      if (form && form.heading === '') form.heading = heading;
    } else if ('text' in piece) {
      near = piece.text;
      observation.lines.push(piece.text);
    } else if ('check' in piece) {
      const { check, ...given } = piece;
      observation.checks.push({ ...shared, kind: 'box', name: '', label: check, checked: false, ...given });
    } else {
      const text = 'link' in piece ? piece.link : piece.button;
      const kind =
        'link' in piece ? { tag: 'a', type: '', href: '/elsewhere' } : { tag: 'button', type: 'submit', href: '' };
      observation.buttons.push({ ...BUTTON, ...shared, ...kind, text, box });
      observation.lines.push(text);
      near = '';
    }
  }
  return observation;
}

const FIELD = {
  tag: 'input',
  type: 'text',
  name: '',
  id: '',
  autocomplete: '',
  placeholder: '',
  title: '',
  input_mode: '',
  max_length: -1,
  value_length: 0,
  visible: true,
  covered: false,
  disabled: false,
  read_only: false,
  invalid: false,
} as const;

const BUTTON = { name: '', id: '', visible: true, covered: false, disabled: false } as const;
