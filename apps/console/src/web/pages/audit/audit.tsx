import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { AuditReport, InvariantReport } from '@effectively-once/audit/report';
import { api } from '../../live/api.js';
import type { AnswerProblem } from '../../live/api.js';
import { verdict } from '../../live/live.js';
import { clock } from '../../live/render.js';
import { PageTitle } from '../../parts/page-title.js';
import { Badge, Empty, Id, ProblemBox, Skeleton, type Tone } from '../../parts/small.js';
import { Sparkline } from '../../parts/sparkline.js';
import { count } from '../../parts/text/numbers.js';
import { ageText, durationText } from '../../parts/text/relative-time.js';
import { asProblem, useData } from '../../parts/use-data.js';
import { Why } from '../../parts/why-disclosure.js';
import { byNumber, isPaymentId, withAudit, type SeenAudit } from './seen-audits.js';
import { Panel } from '../../parts/panel.js';

const seen = signal<SeenAudit[]>([]);

export function AuditPage() {
  // The strip hears of each audit. Its report is asked for when there is a new one.
  const checkedAt = verdict.value.checkedAt ?? '';
  const last = useData(`last ${checkedAt}`, (signal) =>
    api<AuditReport>('/api/audit?report=last', { signal }),
  );
  const [kept, setKept] = useState<AuditReport>();
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<AnswerProblem>();
  const take = (report: AuditReport) => {
    setKept((before) => (before && before.cutoff > report.cutoff ? before : report));
    seen.value = withAudit(seen.peek(), report);
  };
  useEffect(() => {
    if (last.data) take(last.data);
  }, [last.data]);
  const runNow = () => {
    setRunning(true);
    setProblem(undefined);
    api<AuditReport>('/api/audit')
      .then(take, (error: unknown) => setProblem(asProblem(error)))
      .finally(() => setRunning(false));
  };
  const isNone = last.problem?.status === 404;
  const failed = problem ?? (isNone ? undefined : last.problem);
  return (
    <>
      <PageTitle title="Audit">
        <p>Every store is read and compared. Each payment that is lost or doubled is named.</p>
        <button type="button" class="button primary" disabled={isRunning} onClick={runNow}>
          {isRunning ? 'Running a full audit…' : 'Run now'}
        </button>
      </PageTitle>
      {failed ? <ProblemBox problem={failed} retry={problem ? runNow : last.again} /> : null}
      {kept ? (
        <Report report={kept} />
      ) : isNone ? (
        <div class="panel">
          <Empty title="No audit has finished yet.">Run one now, or wait for the next one.</Empty>
        </div>
      ) : failed ? null : (
        <div class="panel audit-loading">
          <Skeleton rows={14} />
        </div>
      )}
    </>
  );
}

function Report({ report }: { report: AuditReport }) {
  const { cutoff, since, settleLimitS, payments, tooYoung, durationMs } = report;
  const scope = since === undefined ? 'all payments' : 'recent payments';
  const age = ageText(clock.value - Date.parse(cutoff));
  return (
    <>
      <dl class="panel summary audit-summary">
        <Fact name="Scope" value={scope} title={since && `completed since ${since} (UTC)`} />
        <Fact name="Cut-off" value={`${age} ago`} title={`${cutoff} (UTC)`} />
        <Fact name="Payments judged" value={count(payments)} />
        <Fact name="Too young to judge" value={count(tooYoung)} title={`${settleLimitS} s`} />
        <Fact name="Took" value={durationText(durationMs)} />
        <div>
          <dt>Durations seen by this page</dt>
          <dd>
            <Sparkline
              values={seen.value.map((each) => each.durationMs)}
              slots={60}
              label="durations of the audits that this page has seen"
            />
          </dd>
        </div>
      </dl>
      <Panel id="invariants" heading="Invariants" head={<Why name="audit" about="the audit" />}>
        <ol class="invariants">
          {byNumber(report.invariants).map((invariant) => (
            <Invariant key={invariant.id} invariant={invariant} />
          ))}
        </ol>
      </Panel>
    </>
  );
}

function Fact({ name, value, title }: { name: string; value: string; title?: string | undefined }) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd class="num">{value}</dd>
    </div>
  );
}

const TONES: Record<InvariantReport['status'], { tone: Tone; icon: 'ok' | 'late' | 'violated' }> = {
  ok: { tone: 'ok', icon: 'ok' },
  late: { tone: 'late', icon: 'late' },
  violated: { tone: 'bad', icon: 'violated' },
};

function Invariant({ invariant }: { invariant: InvariantReport }) {
  const { id, title, status, checked, violated, violatedCount, late, lateCount } = invariant;
  const { tone, icon } = TONES[status];
  return (
    <li class="invariant">
      <span class="invariant-id num">{id}</span>
      <span class="invariant-title">{title}</span>
      <History id={id} />
      <span class="dim num invariant-checked">{count(checked)} checked</span>
      <Badge tone={tone} icon={icon}>
        {status}
      </Badge>
      <Findings word="violated" findings={violated} total={violatedCount} />
      <Findings word="late" findings={late} total={lateCount} />
    </li>
  );
}

const HISTORY_SHOWN = 20;

/** One bar for each audit that this page has seen. A finding is a taller bar. */
function History({ id }: { id: string }) {
  const audits = seen.value.slice(-HISTORY_SHOWN);
  const words = audits.map(({ statuses }) => statuses[id] ?? 'ok');
  const found = words.filter((word) => word !== 'ok').length;
  return (
    <svg class="history" viewBox={`0 0 ${HISTORY_SHOWN * 5} 16`} role="img">
      <title>
        {found === 0 ? `ok in ${words.length} audits` : `${found} of ${words.length} audits not ok`}
      </title>
      {words.map((word, index) => {
        const height = word === 'ok' ? 6 : word === 'late' ? 10 : 16;
        const x = (HISTORY_SHOWN - words.length + index) * 5;
        return (
          <rect
            key={index}
            class={`is-${word}`}
            x={x}
            y={16 - height}
            width="3.5"
            height={height}
          />
        );
      })}
    </svg>
  );
}

const SHOWN_FIRST = 5;

interface FindingsProps {
  word: string;
  findings: InvariantReport['violated'];
  total: number;
}

function Findings({ word, findings, total }: FindingsProps) {
  const [isOpen, setOpen] = useState(false);
  if (total === 0) return null;
  const shown = isOpen ? findings.slice(0, 200) : findings.slice(0, SHOWN_FIRST);
  return (
    <div class="findings">
      <ul>
        {shown.map(({ id, why }, index) => (
          <li key={index}>
            {isPaymentId(id) ? (
              <Id value={id} href={`/payments/${id}`} label="payment id" />
            ) : (
              <Id value={id} max={28} label="id" />
            )}
            <span>{why}</span>
          </li>
        ))}
      </ul>
      {total > shown.length ? (
        <p class="dim">
          {count(total - shown.length)} more {word}
          {isOpen || findings.length <= SHOWN_FIRST ? null : (
            <>
              {' · '}
              <button type="button" class="link" onClick={() => setOpen(true)}>
                Show more
              </button>
            </>
          )}
        </p>
      ) : null}
    </div>
  );
}
