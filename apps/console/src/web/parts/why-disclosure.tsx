import { useEffect, useRef } from 'preact/hooks';
import { WHY, type WhyEntry, type WhyName } from '../why.js';

/** Where the numbers of a box come from, what may fail there, and the test that shows it. */
export function Why({ name, about }: { name: WhyName; about: string }) {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => closeFromOutside(details.current), []);
  const { files, source, guarantee, test }: WhyEntry = WHY[name];
  return (
    <details class="why" ref={details}>
      <summary>
        Why?<span class="hidden"> {about}</span>
      </summary>
      <dl class="why-text">
        <dt>Code</dt>
        {files.map((file) => (
          <dd key={file} class="mono">
            {file}
          </dd>
        ))}
        <dt>Numbers from</dt>
        <dd>{source}</dd>
        <dt>Guarantee (docs/guarantees.md)</dt>
        <dd>{guarantee}</dd>
        <dt>Shown by</dt>
        <dd class="mono">{test.file}</dd>
        <dd>“{test.title}”</dd>
      </dl>
    </details>
  );
}

function closeFromOutside(details: HTMLDetailsElement | null) {
  if (!details) return;
  const click = (event: Event) => {
    if (event.target instanceof Node && !details.contains(event.target)) details.open = false;
  };
  const escape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !details.open) return;
    details.open = false;
    details.querySelector('summary')?.focus();
  };
  document.addEventListener('click', click);
  document.addEventListener('keydown', escape);
  return () => {
    document.removeEventListener('click', click);
    document.removeEventListener('keydown', escape);
  };
}
