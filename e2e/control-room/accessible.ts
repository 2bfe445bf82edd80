import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { waitUntil } from '@effectively-once/testing';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Animations without an end do not count: they change no colour of a text.
const STANDS_STILL =
  'document.getAnimations().every((animation) => !(animation instanceof CSSTransition))';

interface Violation {
  id: string;
  nodes: { html: string }[];
}

/** axe finds nothing on the page as it is now, and it is not wider than its window. */
export async function expectGood(page: Page, what: string): Promise<void> {
  // An empty frame has no faults: the data must be there.
  await waitUntil('the data', async () => (await page.locator('[aria-busy=true]').count()) === 0);
  // Halfway through a change of colours the contrast is none of the design.
  await waitUntil('the end of every change of colours', () => page.evaluate<boolean>(STANDS_STILL));
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run()');
  const found = violations.map(({ id, nodes }) => `${what}: ${id}: ${nodes[0]?.html}`);
  expect(found).toEqual([]);
  const overflow = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  expect(`${what}: ${String(overflow)} px too wide`).toBe(`${what}: 0 px too wide`);
}
