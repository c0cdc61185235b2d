/** What sites write, by language, with what it means: `code`, `code:part or kind`, `code:kind:seconds`, `code:seconds`. */
export type SiteMessages = Record<string, readonly (readonly [text: string, meaning: string])[]>;
