import type { RawRecording } from '../browser/recorder.ts';
import { Scrubber } from '../scrub.ts';
import { cleanHar } from './clean-har.ts';
import { cleanTrace } from './clean-trace.ts';
import { foundSecret } from './found-secret.ts';
import { unzipped } from './zip-file.ts';

/** What a recording is called among a run's files. */
export const RECORDING_FILE: Record<RawRecording['kind'], string> = { har: 'network.har', trace: 'trace.zip' };

/** A larger one would hold the service up. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Takes secrets out of a text of a recording, and learns of more. */
export interface RecordingScrubber {
  learn(values: Iterable<string>): void;
  /** Names and states stay what they are, even where the secret is such a word. */
  name(text: string): string;
  text(text: string): string;
}

/**
 * A recording without the values, and without what opens a session by its name: cookies, tokens, authorizations. What
 * is left is searched once more by other means; where anything is found, or the recording cannot be read, nothing of it is
 * kept. `withheld` is a sentence for the run.
 */
export async function cleanRecording(
  { kind, bytes }: RawRecording,
  values: readonly string[],
): Promise<{ bytes: Buffer } | { withheld: string }> {
  if (bytes.length > MAX_BYTES) return { withheld: `The recording is larger than ${MAX_BYTES / 1024 / 1024} MB.` };
  const scrubber = new Scrubber();
  const known = new Set<string>();
  const learn = (more: Iterable<string>): void => {
    for (const value of more) known.add(value);
    scrubber.add('recording', [...known]);
  };
  learn(values);
  const words: RecordingScrubber = {
    learn,
    name: (text) => scrubber.scrub(text),
    text: (text) => scrubber.scrubWords(text),
  };
  try {
    const clean = kind === 'har' ? await cleanHar(bytes, words) : await cleanTrace(bytes, words);
    const texts =
      kind === 'har'
        ? [clean.toString('utf8')]
        : unzipped(clean, MAX_BYTES).map(({ bytes: entry }) => entry.toString('utf8'));
    if (await foundSecret(texts, [...known]))
      return { withheld: 'A secret was found in the recording after it was cleaned.' };
    return { bytes: clean };
  } catch {
    // The words of the error may quote what could not be read.
    return { withheld: 'The recording could not be read.' };
  }
}
