import type { ElementHandle, Frame, JSHandle, Page } from 'playwright';
import type { Observation } from './observation.ts';
import { type FrameLook, type FrameReading, readFrame } from './page-script.ts';

/** A frame that does not answer in this time is left out of the look: one stuck frame must not stop the rest. */
const FRAME_TIMEOUT_MS = 3_000;
/** Without the page itself there is nothing to look at, and a huge one takes its time to be laid out. */
const PAGE_TIMEOUT_MS = 15_000;
const MAX_FRAMES = 30;

/** A form that was filled in, about to be sent. */
export interface FilledForm {
  /** What was typed into. */
  fields: readonly { frame: number; ref: number }[];
  /** What is clicked, or the field Enter is pressed in. */
  submit: { frame: number; ref: number };
  /** Whether a field that is empty again counts as gone. */
  filled: boolean;
}

/**
 * `gone`: a field or the button is not in the page any more. `grown`: a password is asked for that was not before.
 * `locked`: the button is disabled. `invalid`: the browser's own check of the form (HTML, constraint validation) would
 * keep it from being sent; `because` says of what. `covered`: something lies over the button.
 */
export type Readiness =
  | { state: 'ready' | 'gone' | 'grown' | 'locked' | 'covered' }
  | { state: 'invalid'; because: string };

/** Runs in the page. */
function readinessIn(
  look: FrameLook,
  { refs, submit, filled }: { refs: number[]; submit: number; filled: boolean },
): Readiness {
  const button = look.elements[submit] as HTMLButtonElement | HTMLInputElement | undefined;
  const fields = refs.map((ref) => look.elements[ref] as HTMLInputElement | undefined);
  if (!button?.isConnected || fields.some((field) => !field?.isConnected || (filled && field.value === '')))
    return { state: 'gone' };
  const root = button.getRootNode() as Document | ShadowRoot;
  const seen = (element: Element) =>
    [...look.reading.fields, ...look.reading.checks].find(({ ref }) => look.elements[ref] === element);
  const isNew = (password: Element): boolean => {
    const known = seen(password);
    return look.shown(password) && !(known && 'visible' in known && known.visible);
  };
  const had = fields.some((field) => field?.type === 'password');
  if (!had && [...root.querySelectorAll('[type=password]')].some(isNew)) return { state: 'grown' };
  if (button.matches(':disabled, [aria-disabled="true"]')) return { state: 'locked' };
  const { form } = button;
  const sends = !button.matches('[type=button], [type=reset]');
  const wrong = [...(form?.elements ?? [])].find(
    (one) => (one as HTMLInputElement).willValidate && !(one as HTMLInputElement).validity.valid,
  ) as HTMLInputElement | undefined;
  if (form && wrong && sends && !form.noValidate && !button.formNoValidate) {
    const name = seen(wrong)?.label || wrong.name || wrong.type;
    return { state: 'invalid', because: `"${name}": ${wrong.validationMessage}` };
  }
  return { state: look.isCovered(button) ? 'covered' : 'ready' };
}

/** One look at a page: the data, and the way back from a `ref` to its element. */
export interface Look {
  observation: Observation;
  /** Frames that did not answer, by index: what they show is not in the observation. 0 is the page itself. */
  silent: readonly number[];
  /** The element of a field or button of this look, or null when it is gone. */
  element(place: { frame: number; ref: number }): Promise<ElementHandle<HTMLElement> | null>;
  /** Whether a form of this look that was filled in can be sent as it is. */
  readiness(form: FilledForm): Promise<Readiness>;
  frame(index: number): Frame | undefined;
  /** What the look left in a frame's page; null for a frame that did not answer. */
  inPage(index: number): JSHandle<FrameLook> | null;
  dispose(): void;
}

interface ReadFrame {
  frame: Frame;
  reading: FrameReading;
  handle: JSHandle<FrameLook>;
}

async function lookAtFrame(frame: Frame, wide: boolean): Promise<ReadFrame | null> {
  const late = Promise.withResolvers<null>();
  const timeout = frame.parentFrame() ? FRAME_TIMEOUT_MS : PAGE_TIMEOUT_MS;
  const timer = setTimeout(() => late.resolve(null), timeout);
  const read = async (): Promise<ReadFrame> => {
    const handle = await frame.evaluateHandle(readFrame, wide);
    // As one text: plain data handed over piece by piece takes longer than all the reading on a large page.
    const text = await handle.evaluate((look) => JSON.stringify(look.reading));
    return { frame, handle, reading: JSON.parse(text) as FrameReading };
  };
  const work = read();
  try {
    return await Promise.race([work, late.promise]);
  } catch {
    // Gone or replaced while it was read: the next look sees what came.
    return null;
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}

function originOf(url: string): string {
  const origin = URL.parse(url)?.origin;
  return origin === undefined || origin === 'null' ? '' : origin;
}

/** A frame without an address of its own (srcdoc, about:blank) has its parent's origin. */
function frameOrigin(frame: Frame): string {
  for (let at: Frame | null = frame; at; at = at.parentFrame()) {
    const origin = originOf(at.url());
    if (origin) return origin;
  }
  return '';
}

/**
 * Looks at every frame once. `wide`: also at what is no control by its markup and looks like one to a person, which
 * costs more and is too vague to decide anything by itself.
 */
export async function observe(page: Page, wide = false): Promise<Look> {
  const main = page.mainFrame();
  const frames = [main, ...page.frames().filter((frame) => frame !== main)].slice(0, MAX_FRAMES);
  const looks = await Promise.all(frames.map((frame) => lookAtFrame(frame, wide)));
  const mainReading = looks[0]?.reading;
  const observation: Observation = {
    url: main.url(),
    title: mainReading?.title ?? '',
    lang: mainReading?.lang ?? '',
    frames: frames.map((frame, index) => ({
      index,
      url: frame.url(),
      origin: frameOrigin(frame),
      main: frame === main,
    })),
    fields: [],
    buttons: [],
    checks: [],
    forms: [],
    messages: [],
    headings: [],
    lines: [],
    captchas: [],
    unreadable: [],
    busy: mainReading?.busy ?? false,
    refresh: mainReading?.refresh ?? null,
  };
  looks.forEach((look, frame) => {
    if (!look) return;
    const { reading } = look;
    observation.fields.push(...reading.fields.map((field) => ({ ...field, frame })));
    observation.buttons.push(...reading.buttons.map((button) => ({ ...button, frame })));
    observation.checks.push(...reading.checks.map((check) => ({ ...check, frame })));
    observation.forms.push(...reading.forms.map((form) => ({ ...form, frame })));
    observation.messages.push(...reading.messages.map((message) => ({ ...message, frame })));
    observation.headings.push(...reading.headings);
    observation.lines.push(...reading.lines);
    observation.captchas.push(...reading.captchas);
    observation.unreadable.push(...reading.unreadable.map((part) => ({ ...part, frame })));
  });
  return {
    observation,
    silent: looks.flatMap((look, index) => (look ? [] : [index])),
    frame: (index) => frames[index],
    inPage: (index) => looks[index]?.handle ?? null,
    element: async ({ frame, ref }) => {
      const handle = looks[frame]?.handle;
      if (!handle) return null;
      try {
        const element = await handle.evaluateHandle((look, index) => look.elements[index] ?? null, ref);
        return element.asElement() as ElementHandle<HTMLElement> | null;
      } catch {
        return null;
      }
    },
    readiness: async ({ fields, submit, filled }) => {
      const handle = looks[submit.frame]?.handle;
      const refs = fields.filter(({ frame }) => frame === submit.frame).map(({ ref }) => ref);
      const answer = handle?.evaluate(readinessIn, { refs, submit: submit.ref, filled });
      return (await answer?.catch(() => null)) ?? { state: 'gone' };
    },
    dispose: () => {
      for (const look of looks) look?.handle.dispose().catch(() => undefined);
    },
  };
}
