import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { OtpType } from '../../../src/codes/extract/find-code.ts';

export interface LabelledMessage {
  /** File and line, to find it by. */
  place: string;
  content: string;
  type: OtpType | undefined;
  /** What has to be found; null when nothing may be. */
  expected: { otp_type: OtpType; code: string } | null;
  language: string;
  style: string;
}

/**
 * Reads the messages of a half. Each begins with a line `#### <totp CODE | magic_link ADDRESS | none> | language | style`,
 * and may end in `| type=…`, the type that is asked for; the message follows, up to the next such line.
 */
export function readMessages(half: 'development' | 'held-out'): LabelledMessage[] {
  const folder = path.join(import.meta.dirname, half);
  return readdirSync(folder).flatMap((file) => {
    const lines = readFileSync(path.join(folder, file), 'utf8').split('\n');
    const starts = lines.flatMap((line, index) => (line.startsWith('#### ') ? [index] : []));
    return starts.map((start, index) => {
      const [label = '', language = '', style = '', asked] = lines[start]?.slice(5).split(' | ') ?? [];
      const [kind = '', code = ''] = label.split(' ');
      if (!/^(?:totp|magic_link|none)$/.test(kind) || (kind === 'none') !== (code === '') || style === '') {
        throw new Error(`${half}/${file}:${start + 1} has no label`);
      }
      return {
        place: `${half}/${file}:${start + 1}`,
        content: lines.slice(start + 1, starts[index + 1]).join('\n'),
        type: asked?.replace('type=', '') as OtpType | undefined,
        expected: kind === 'none' ? null : { otp_type: kind as OtpType, code },
        language,
        style,
      };
    });
  });
}
