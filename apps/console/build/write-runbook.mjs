// Part of the build: writes each section of docs/runbook.md to dist/web/runbook, for the page of
// alerts.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { runbookSections } from './runbook-sections.mjs';

const runbook = new URL('../../../docs/runbook.md', import.meta.url);
const target = new URL('../dist/web/runbook/', import.meta.url);

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const section of runbookSections(readFileSync(runbook, 'utf8'))) {
  writeFileSync(new URL(`${section.anchor}.json`, target), JSON.stringify(section));
}
