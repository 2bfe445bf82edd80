import type { FaultAction } from '../../../control-room/wire/faults.js';
import { Badge, Empty, Time } from '../../parts/small.js';
import { Panel } from '../../parts/panel.js';

/** Who broke what, and whether it went as predicted. */
export function FaultHistoryPanel({ history }: { history: FaultAction[] }) {
  return (
    <Panel
      id="fault-history"
      heading="History"
      head={<span class="dim">judged by an audit of every payment since the fault began</span>}
    >
      {history.length === 0 ? <Empty title="No operator has broken anything yet." /> : null}
      <ol class="history-rows">
        {history.map((action) => (
          <li key={action.id} data-history={action.target}>
            <Time at={action.at} />
            <span>
              <b>{action.operator}</b> {action.action === 'break' ? 'broke' : 'repaired'}{' '}
              {action.target}: {action.kind.replaceAll('_', ' ')}
              {action.point === null ? '' : ` ${action.point}`}
              {action.seconds === null ? '' : `, ${action.seconds} s`}
            </span>
            <span class="dim num">{action.refused ?? action.judgement ?? ''}</span>
            {action.action === 'break' ? <Outcome action={action} /> : null}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Outcome({ action: { refused, endedAt, outcome } }: { action: FaultAction }) {
  if (refused !== null) return <Badge tone="calm">refused</Badge>;
  if (outcome === 'as_predicted') {
    return (
      <span data-outcome={outcome}>
        <Badge tone="ok" icon="ok">
          as predicted
        </Badge>
      </span>
    );
  }
  if (outcome === 'not_as_predicted') {
    return (
      <span data-outcome={outcome}>
        <Badge tone="bad" icon="violated">
          not as predicted
        </Badge>
      </span>
    );
  }
  return (
    <Badge tone="late" icon="late">
      {endedAt === null ? 'broken' : 'recovers, audited when all is there'}
    </Badge>
  );
}
