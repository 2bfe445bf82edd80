import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

/** The one `h1` of a page. It also names the tab. */
export function PageTitle({ title, children }: { title: string; children?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · effectively-once`;
  }, [title]);
  return (
    <header class="page-title">
      <h1 tabIndex={-1}>{title}</h1>
      {children}
    </header>
  );
}
