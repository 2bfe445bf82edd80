import type { OpenPage, Overview } from '../../../control-room/wire/overview.js';
import { clock } from '../../live/render.js';
import { withQuery } from '../../live/router.js';
import { Badge, Empty, Skeleton } from '../../parts/small.js';
import { ageText } from '../../parts/text/relative-time.js';
import { Panel } from '../../parts/panel.js';

const since = (at: string) => `${ageText(clock.value - Date.parse(at))} ago`;

interface PagesProps {
  pages: OpenPage[] | null;
  isKnown: boolean;
}

export function OpenPagesPanel({ pages, isKnown }: PagesProps) {
  return (
    <Panel id="open-pages" heading="Open pages" head={<a href="/alerts">Alerts</a>}>
      {!isKnown ? <Skeleton rows={2} /> : null}
      {isKnown && pages === null ? <Empty title="The pager's journal cannot be read." /> : null}
      {pages?.length === 0 ? <Empty title="The operator is not paged." /> : null}
      <ul class="lines">
        {(pages ?? []).map((page) => (
          <li key={`${page.summary} ${page.since}`}>
            <Badge tone={page.severity === 'critical' ? 'bad' : 'late'}>{page.severity}</Badge>
            <span class="line-text">
              <a class="quiet" href={alertAddress(page)}>
                {page.summary}
              </a>
              <small class="dim">
                since {since(page.since)}
                {page.runbook ? ` · docs/runbook.md${page.runbook}` : ''}
              </small>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const alertAddress = ({ summary }: OpenPage) =>
  withQuery('/alerts', { alert: summary.split(':')[0] });

interface FaultsProps {
  faults: Overview['faults'];
  isKnown: boolean;
}

export function FaultsPanel({ faults, isKnown }: FaultsProps) {
  return (
    <Panel
      id="faults"
      heading="Faults that are switched on"
      head={<a href="/break">Break things</a>}
    >
      {!isKnown ? <Skeleton rows={2} /> : null}
      {isKnown && faults === null ? <Empty title="The third parties do not answer." /> : null}
      {faults?.length === 0 ? <Empty title="Nothing is broken on purpose." /> : null}
      <ul class="lines">
        {(faults ?? []).map(({ id, target, kind, until }) => (
          <li key={id}>
            <Badge tone="late">{target}</Badge>
            <span class="line-text">
              {kind.replaceAll('_', ' ')}
              <small class="dim">{until ? `ends in ${left(until)}` : 'until it is deleted'}</small>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const left = (until: string) => ageText(Date.parse(until) - clock.value);
