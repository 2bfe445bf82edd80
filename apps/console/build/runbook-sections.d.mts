import type { RunbookSection } from '../src/control-room/wire/runbook.js';

export function anchorOf(heading: string): string;
/** One for each heading of the runbook, in order. @throws Error for what the page cannot show. */
export function runbookSections(markdown: string): RunbookSection[];
