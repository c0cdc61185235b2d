/** What one look at a page gives: plain data, no handles. `ref` names an element within its look. */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Something a value goes into. Texts are trimmed and short; the value itself is never read, only its length. */
export interface FieldView {
  ref: number;
  frame: number;
  /** Position in document order, over fields and buttons of one frame. */
  order: number;
  tag: 'input' | 'textarea' | 'select';
  type: string;
  name: string;
  id: string;
  autocomplete: string;
  placeholder: string;
  /** <label>, aria-label, aria-labelledby. */
  label: string;
  title: string;
  /** The text that stands before it. */
  near: string;
  /** The last heading before it. */
  heading: string;
  input_mode: string;
  max_length: number;
  value_length: number;
  visible: boolean;
  /** Something else is painted over its middle. */
  covered: boolean;
  disabled: boolean;
  read_only: boolean;
  invalid: boolean;
  form: number | null;
  box: Box;
}

/** Something that is clicked. */
export interface ButtonView {
  ref: number;
  frame: number;
  order: number;
  tag: string;
  type: string;
  /** Its text, or what stands for it: aria-label, title, value, the name of its picture. */
  text: string;
  name: string;
  id: string;
  /** Path and query of a link; '' for none. */
  href: string;
  visible: boolean;
  covered: boolean;
  disabled: boolean;
  form: number | null;
  box: Box;
}

/** A box to tick, or one of several options. A box is never ticked; what it says tells what its form is for. */
export interface CheckView {
  kind: 'box' | 'option';
  ref: number;
  frame: number;
  order: number;
  /** name and id. */
  name: string;
  label: string;
  checked: boolean;
  form: number | null;
}

export interface FormView {
  frame: number;
  form: number;
  method: string;
  /** Origin and path the form posts to. */
  action: string;
  /** id, name and class, as words. */
  words: string;
  /** Its first heading or legend. */
  heading: string;
}

/** Text that looks like the page speaking to its user: alerts, errors, hints at a field. */
export interface MessageView {
  frame: number;
  text: string;
  /** `alert` (role or live region), `invalid` (described by an invalid field), `error` (by its class). */
  kind: 'alert' | 'invalid' | 'error';
}

/**
 * A part of the page that can hold a login and cannot be read: a component whose shadow root is closed, a drawing on a
 * canvas, a password's field that is in the page and not rendered.
 */
export interface UnreadableView {
  frame: number;
  kind: 'closed_shadow_root' | 'canvas' | 'not_rendered';
  /** How its author calls it. */
  text: string;
}

export interface FrameView {
  index: number;
  url: string;
  origin: string;
  main: boolean;
}

export interface Observation {
  url: string;
  title: string;
  lang: string;
  frames: FrameView[];
  fields: FieldView[];
  buttons: ButtonView[];
  checks: CheckView[];
  forms: FormView[];
  messages: MessageView[];
  headings: string[];
  /** The visible text, line by line. */
  lines: string[];
  /** Kinds of captcha that are shown. */
  captchas: string[];
  unreadable: UnreadableView[];
  /** Something in the main frame turns or fills up: the page is getting ready. */
  busy: boolean;
  /** Seconds after which the page goes on to another by itself, by its refresh pragma. */
  refresh: number | null;
}
