import type { Page } from '../../../control-room/wire/pages.js';
import { clock } from '../../live/render.js';
import { route, withQuery } from '../../live/router.js';
import { PageTitle } from '../../parts/page-title.js';
import { Badge, Empty, Id, ProblemBox, Skeleton, Time } from '../../parts/small.js';
import { NOT_RECORDED } from '../../parts/text/numbers.js';
import { ageText, durationText } from '../../parts/text/relative-time.js';
import { useApi } from '../../parts/use-data.js';
import { actOn, alertOf, chosen, idOf, openFirst, sectionOf } from './alert.js';
import { Runbook } from './runbook.js';
import { Panel } from '../../parts/panel.js';

const AGAIN_MS = 5_000;

/** What the pager was told, and what the runbook says about it. */
export function AlertsPage() {
  const asked = useApi<{ items: Page[] }>('/api/pages', AGAIN_MS);
  const query = new URLSearchParams(route.value.search);
  const pages = asked.data && openFirst(asked.data.items);
  const current = pages && chosen(pages, query);
  const section = query.get('section') ?? (current && sectionOf(current));
  return (
    <>
      <PageTitle title="Alerts">
        <p>What the pager accepted, and beside it what the runbook says to do.</p>
      </PageTitle>
      {asked.problem ? <ProblemBox problem={asked.problem} retry={asked.again} /> : null}
      <div class="alerts-page">
        <Panel
          id="pages"
          heading="Pages"
          class="alert-list"
          aria-busy={!pages && !asked.problem}
          head={pages ? <span class="dim">{firingText(pages)}</span> : null}
        >
          {pages?.length === 0 ? <Empty title="The operator has never been paged." /> : null}
          {pages ? (
            <ul class="lines">
              {pages.map((page) => (
                <PageLine key={idOf(page)} page={page} isCurrent={page === current} />
              ))}
            </ul>
          ) : asked.problem ? null : (
            <Skeleton rows={8} />
          )}
        </Panel>
        <div class="alert-detail">
          {current ? <PageDetail page={current} /> : null}
          {section ? <Runbook anchor={section} /> : null}
          {pages && !current && query.has('alert') ? <NoPage query={query} /> : null}
        </div>
      </div>
    </>
  );
}

const NoPage = ({ query }: { query: URLSearchParams }) => (
  <section class="panel" aria-label="The alert">
    <Empty title={`The pager has no page of ${query.get('alert') ?? ''}.`}>
      It may be older than the last 200 pages.
    </Empty>
  </section>
);

function firingText(pages: Page[]): string {
  const firing = pages.filter(({ resolvedAt }) => resolvedAt === null).length;
  return firing === 0 ? 'none is firing' : `${firing} firing`;
}

function PageLine({ page, isCurrent }: { page: Page; isCurrent: boolean }) {
  const { triggeredAt, resolvedAt, severity, summary } = page;
  const alert = alertOf(page);
  const isFiring = resolvedAt === null;
  return (
    <li class={isCurrent ? 'is-current' : ''} data-page={alert ?? ''} data-firing={isFiring}>
      <Badge
        tone={isFiring ? (severity === 'critical' ? 'bad' : 'late') : 'calm'}
        icon={isFiring ? 'violated' : 'ok'}
      >
        {isFiring ? 'firing' : 'resolved'}
      </Badge>
      <span class="line-text">
        <a href={withQuery('/alerts', { page: idOf(page) })} aria-current={isCurrent}>
          {alert ?? summary ?? page.dedupKey}
        </a>
        <small class="dim">
          {severity ?? NOT_RECORDED} ·{' '}
          {isFiring
            ? `since ${ageText(clock.value - Date.parse(triggeredAt))}`
            : `${ageText(clock.value - Date.parse(triggeredAt))} ago, for ${lasted(page)}`}
        </small>
      </span>
    </li>
  );
}

const lasted = ({ triggeredAt, resolvedAt }: Page): string =>
  resolvedAt === null
    ? NOT_RECORDED
    : durationText(Date.parse(resolvedAt) - Date.parse(triggeredAt));

/** The page with every field as the pager's journal holds it. */
function PageDetail({ page }: { page: Page }) {
  const { href, text } = actOn(alertOf(page));
  const facts = [
    ['summary', page.summary],
    ['severity', page.severity],
    ['runbook', page.runbook],
    ['link', page.link],
  ] as const;
  return (
    <Panel
      id="as-paged"
      heading="The page, as the pager got it"
      class="page-detail"
      head={
        <a class="button primary" href={href}>
          {text}
        </a>
      }
    >
      <dl class="record">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="mono">{value ?? NOT_RECORDED}</dd>
          </div>
        ))}
        <div>
          <dt>dedup key</dt>
          <dd>
            <Id value={page.dedupKey} max={24} label="dedup key" />
          </dd>
        </div>
        <div>
          <dt>triggered</dt>
          <dd>
            <Time at={page.triggeredAt} day />
          </dd>
        </div>
        <div>
          <dt>resolved</dt>
          <dd>
            <Time at={page.resolvedAt} day />
          </dd>
        </div>
      </dl>
    </Panel>
  );
}
