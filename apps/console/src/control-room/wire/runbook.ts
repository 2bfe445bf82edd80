/**
 * A section of docs/runbook.md: `GET /assets/runbook/{anchor}.json`. The build makes it
 * (build/runbook-sections.mjs). It is a tree and no HTML.
 */
export interface RunbookSection {
  /** As GitHub makes it of the heading. */
  anchor: string;
  title: string;
  blocks: RunbookBlock[];
}

export type RunbookBlock =
  | { type: 'paragraph'; inline: RunbookInline[] }
  | { type: 'code'; text: string }
  | { type: 'list'; items: RunbookInline[][] }
  | { type: 'table'; head: RunbookInline[][]; rows: RunbookInline[][][] };

export type RunbookInline =
  | string
  | { type: 'code'; text: string }
  | { type: 'strong'; inline: RunbookInline[] }
  /** `#anchor` of another section, or an address. */
  | { type: 'link'; href: string; inline: RunbookInline[] };
