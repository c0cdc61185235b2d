/** A stretch of the text that is emphasised; `look` holds the bits of `LOOK`. */
export interface Look {
  start: number;
  end: number;
  look: number;
}

/** A link and where its words stand in the text. */
export interface MessageLink {
  href: string;
  start: number;
  end: number;
  /** The words are the link's own, not its address. */
  shown: boolean;
}

/** A message as a person reads it. */
export interface MessageText {
  text: string;
  looks: Look[];
  links: MessageLink[];
}

/** Where the middle was left out. No number that touches it is whole. */
export const CUT = '\u0002\n\u0002';
