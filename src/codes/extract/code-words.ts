import { NAME_WORDS } from './name-words.ts';
import { NUMBER_WORDS } from './number-words.ts';
import { SIGN_IN_WORDS } from './sign-in-words.ts';
import { TOPIC_WORDS } from './topic-words.ts';
import { WordIndex } from './word-index.ts';

const CODE_WORDS = { ...NAME_WORDS, ...SIGN_IN_WORDS, ...NUMBER_WORDS, ...TOPIC_WORDS };

export type CodeWordList = keyof typeof CODE_WORDS;

/**
 * The words that are looked for beside numbers. Names of codes are found inside longer words too, as languages join them;
 * of the other lists a word has to begin: "riservata" is no "vat". What is soft gives way to a name that it overlaps.
 */
export const CODE_WORD_INDEX = new WordIndex<CodeWordList>(CODE_WORDS, {
  atBeginnings: [
    'named',
    'figures',
    'enter',
    'context',
    'other',
    'noun',
    'stale',
    'setting',
    'sale',
    'buy',
    'topic',
    'unit',
  ],
  yielding: ['weak', 'figures', 'signin', 'context'],
});
