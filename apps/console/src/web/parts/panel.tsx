import type { ComponentChildren, HTMLAttributes } from 'preact';

interface PanelProps extends HTMLAttributes<HTMLElement> {
  id: string;
  heading: ComponentChildren;
  /** Beside the heading: a badge, a button, where the numbers come from. */
  head?: ComponentChildren;
  class?: string;
}

/** A region of a page, named by its heading. */
export function Panel({ id, heading, head, class: kind, children, ...rest }: PanelProps) {
  return (
    <section class={kind ? `panel ${kind}` : 'panel'} aria-labelledby={id} {...rest}>
      <header class="panel-head">
        <h2 id={id}>{heading}</h2>
        {head}
      </header>
      {children}
    </section>
  );
}
