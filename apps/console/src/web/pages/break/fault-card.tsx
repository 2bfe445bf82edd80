import { useState } from 'preact/hooks';
import type { Faults, OfferedFault, OfferedLink } from '../../../control-room/wire/faults.js';
import { Badge, CopyButton } from '../../parts/small.js';

type Break = (fault: OfferedFault, point?: string) => void;

/** One link of the pipeline: whether it answers, and the ways to break it. */
export function FaultCard({ link, now, breakIt }: CardProps) {
  const targets = new Set(link.faults.map(({ target }) => target));
  const isBroken = now.broken.some(({ target }) => targets.has(target));
  const answers = now.targets.find(({ name }) => targets.has(name))?.isUp;
  return (
    <section
      class={isBroken ? 'panel card is-broken' : 'panel card'}
      aria-labelledby={`link-${link.id}`}
    >
      <header class="panel-head">
        <h2 id={`link-${link.id}`}>{link.name}</h2>
        {answers === undefined ? null : (
          <Badge tone={answers ? 'ok' : 'bad'} icon={answers ? 'ok' : 'violated'}>
            {(link.states ?? ['answers', 'does not answer'])[answers ? 0 : 1]}
          </Badge>
        )}
        <small class="dim">{link.between}</small>
      </header>
      {link.faults.map((fault) => (
        <FaultRow
          key={fault.name}
          fault={fault}
          isBlocked={now.broken.some(({ target }) => target === fault.target)}
          isUp={answers}
          breakIt={breakIt}
        />
      ))}
    </section>
  );
}

interface CardProps {
  link: OfferedLink;
  now: Faults;
  breakIt: Break;
}

interface RowProps {
  fault: OfferedFault;
  isBlocked: boolean;
  isUp: boolean | undefined;
  breakIt: Break;
}

function FaultRow({ fault, isBlocked, isUp, breakIt }: RowProps) {
  const { target, kind, name, does, points, prediction, acts } = fault;
  const [point, setPoint] = useState(points?.[0]);
  const id = `${target}-${name}`.replaceAll(/\W+/g, '-');
  if (acts === 'nowhere') return null;
  return (
    <div class="card-fault" data-target={target}>
      <p id={id} data-prediction>
        <span class="dim">The customer sees:</span> {prediction.sees}
      </p>
      <span class="dim">
        {points && points.length > 1 ? (
          <select
            aria-label={`Where ${target} dies`}
            value={point}
            onChange={({ currentTarget }) => setPoint(currentTarget.value)}
          >
            {points.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        ) : (
          does
        )}
      </span>
      {acts === 'here' ? (
        <button
          type="button"
          class="button"
          data-fault={`${target}.${kind}`}
          aria-describedby={id}
          disabled={isBlocked}
          onClick={() => breakIt(fault, point)}
        >
          {name}
          <span class="hidden"> {target}</span>
        </button>
      ) : (
        <ByHandCommands fault={fault} isUp={isUp} />
      )}
      <details>
        <summary>Why</summary>
        <p>{prediction.because}</p>
        <p>
          docs/guarantees.md: {prediction.guarantee}. Test: {prediction.test.file}, “
          {prediction.test.title}”
        </p>
      </details>
    </div>
  );
}

/** The console has no Docker socket. The operator types the commands, and the page waits. */
function ByHandCommands({ fault: { name, byHand }, isUp }: Pick<RowProps, 'fault' | 'isUp'>) {
  const [wasDown, setWasDown] = useState(false);
  if (byHand === null) return null;
  if (isUp === false && !wasDown) setWasDown(true);
  const seen =
    isUp === false ? 'It is away now.' : wasDown ? 'It was away, and is back.' : 'Waits for it.';
  return (
    <>
      <b>{name}</b>
      <div class="hands">
        {(
          [
            ['Break', byHand.break],
            ['Repair', byHand.revert],
            ['bash', byHand.bash],
            ['PowerShell', byHand.powershell],
          ] as const
        ).map(([label, command]) => (
          <div key={label}>
            <span class="dim">{label}</span>
            <code>{command}</code>
            <CopyButton text={command} label={`command: ${label}`} />
          </div>
        ))}
        <small class="dim" role="status">
          {seen}
        </small>
      </div>
    </>
  );
}
