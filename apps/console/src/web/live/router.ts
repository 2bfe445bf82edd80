import { signal } from '@preact/signals';

export { withQuery } from './with-query.js';

const here = () => ({ path: location.pathname, search: location.search });

/** Where the visitor is. The state of every page is in here, so that its address can be sent. */
export const route = signal(here());

/** @param replace for a change that the Back button should not undo step by step, like typing. */
export function navigate(to: string, { replace = false } = {}): void {
  const before = route.value.path;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  route.value = here();
  if (before === route.value.path) return;
  scrollTo(0, 0);
  focusHeading();
}

/** A screen reader announces the new page, and Tab continues in it and not in the navigation. */
function focusHeading(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('h1')?.focus());
}

addEventListener('popstate', () => (route.value = here()));

/** Every link inside the control room changes the page without loading it again. */
document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
  const href = link?.getAttribute('href');
  if (!href?.startsWith('/') || href.startsWith('//') || link?.hasAttribute('download')) return;
  event.preventDefault();
  navigate(href);
});
