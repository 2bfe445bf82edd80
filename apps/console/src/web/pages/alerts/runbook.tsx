import type { ComponentChildren } from 'preact';
import type {
  RunbookBlock,
  RunbookInline,
  RunbookSection,
} from '../../../control-room/wire/runbook.js';
import { api } from '../../live/api.js';
import { route, withQuery } from '../../live/router.js';
import { Empty, ProblemBox, Skeleton } from '../../parts/small.js';
import { useData } from '../../parts/use-data.js';
import { Panel } from '../../parts/panel.js';

/** A section of docs/runbook.md. It is a tree of known elements, and no HTML. */
export function Runbook({ anchor }: { anchor: string }) {
  // The address is written by anyone: only what is a name of a file is asked for.
  const address = /^[\w-]{1,100}$/.test(anchor) ? `/assets/runbook/${anchor}.json` : null;
  const asked = useData(address ?? '', (signal) =>
    address ? api<RunbookSection>(address, { signal }) : Promise.reject(new Error('no section')),
  );
  const section = asked.data;
  const isMissing = address === null || asked.problem?.status === 404;
  return (
    <Panel
      id="runbook"
      heading={section?.title ?? 'Runbook'}
      class="runbook"
      aria-busy={!section && !asked.problem}
      data-runbook={section?.anchor}
      head={<span class="dim mono">docs/runbook.md</span>}
    >
      {isMissing ? <Empty title="The runbook has no such section." /> : null}
      {asked.problem && !isMissing ? (
        <ProblemBox problem={asked.problem} retry={asked.again} />
      ) : null}
      {section ? (
        <div class="runbook-body">
          {section.blocks.map((block, index) => (
            <Block key={index} block={block} />
          ))}
        </div>
      ) : asked.problem ? null : (
        <Skeleton rows={9} />
      )}
    </Panel>
  );
}

function Block({ block }: { block: RunbookBlock }) {
  switch (block.type) {
    case 'paragraph':
      return (
        <p>
          <Inlines inline={block.inline} />
        </p>
      );
    case 'code':
      // The columns of comments are made for a wider file.
      return <pre>{block.text.replace(/ {2,}#/g, '  #')}</pre>;
    case 'list':
      return (
        <ul>
          {block.items.map((inline, index) => (
            <li key={index}>
              <Inlines inline={inline} />
            </li>
          ))}
        </ul>
      );
    case 'table':
      return (
        <div class="scroll-x" tabIndex={0} role="group" aria-label="Table of the runbook">
          <table class="rows small-rows">
            <thead>
              <tr>{block.head.map((inline, index) => cell(inline, index, true))}</tr>
            </thead>
            <tbody>
              {block.rows.map((row, number) => (
                <tr key={number}>{row.map((inline, index) => cell(inline, index, false))}</tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    default:
      return block satisfies never;
  }
}

const cell = (inline: RunbookInline[], index: number, isHead: boolean): ComponentChildren =>
  isHead ? (
    <th key={index} scope="col">
      <Inlines inline={inline} />
    </th>
  ) : (
    <td key={index}>
      <Inlines inline={inline} />
    </td>
  );

const Inlines = ({ inline }: { inline: RunbookInline[] }) => (
  <>
    {inline.map((each, index) => (
      <Inline key={index} inline={each} />
    ))}
  </>
);

function Inline({ inline }: { inline: RunbookInline }) {
  if (typeof inline === 'string') return <>{inline}</>;
  switch (inline.type) {
    case 'code':
      return <code>{inline.text}</code>;
    case 'strong':
      return (
        <b>
          <Inlines inline={inline.inline} />
        </b>
      );
    case 'link':
      return (
        <a href={hrefOf(inline.href)}>
          <Inlines inline={inline.inline} />
        </a>
      );
    default:
      return inline satisfies never;
  }
}

/** Another section is shown in place of this one, beside the same page. */
function hrefOf(href: string): string {
  if (!href.startsWith('#')) return href;
  const query = new URLSearchParams(route.value.search);
  return withQuery('/alerts', {
    page: query.get('page'),
    alert: query.get('alert'),
    section: href.slice(1),
  });
}
