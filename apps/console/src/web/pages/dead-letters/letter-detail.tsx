import type { ShownDeadLetter, ShownRecord } from '../../../control-room/wire/dead-letters.js';
import { Empty, ProblemBox, Skeleton } from '../../parts/small.js';
import { useApi } from '../../parts/use-data.js';
import { hexDump } from '../payment/event-bytes.js';
import { RedriveOne } from './decide/redrive-one.js';
import { addressOf, type Selection } from './selection.js';

interface LetterDetailProps {
  consumer: string;
  id: string;
  selection: Selection;
  onDone: () => void;
}

/** One dead letter: its headers, and its event or its bytes. */
export function LetterDetail({ consumer, id, selection, onDone }: LetterDetailProps) {
  const address = `/api/dlq/${consumer}/${id}`;
  const asked = useApi<ShownDeadLetter>(address);
  const letter = asked.data;
  return (
    <article class="letter-detail" aria-label={`Dead letter ${id}`} data-letter-detail={id}>
      <header>
        <h3>Dead letter {id}</h3>
        <a href={addressOf({ ...selection, letter: null })}>Close</a>
      </header>
      {asked.problem ? <ProblemBox problem={asked.problem} retry={asked.again} /> : null}
      {!letter && !asked.problem ? <Skeleton rows={8} /> : null}
      {letter ? (
        <>
          <p class="dim">
            From {letter.originalTopic}, partition {letter.originalPartition}, offset{' '}
            <span class="num">{letter.originalOffset}</span>
            {letter.valueCut === null
              ? ''
              : `. It was cut: the original has ${letter.valueCut} bytes`}
          </p>
          {letter.state === 'pending' && letter.cannotRedrive === null ? (
            <RedriveOne key={id} {...{ consumer, id, selection, onDone }} />
          ) : null}
          {letter.record ? (
            <RecordOf record={letter.record} />
          ) : (
            <Empty title="Its record has left the topic." />
          )}
        </>
      ) : null}
    </article>
  );
}

function RecordOf({ record }: { record: ShownRecord }) {
  const { headers, event, undecodable, valueHex } = record;
  return (
    <div class="letter-record">
      <section aria-label="Headers">
        <h4>Headers</h4>
        <dl class="record">
          <Pair name="key" value={record.key ?? 'none'} />
          {Object.entries(headers).map(([name, value]) => (
            <Pair key={name} name={name} value={value ?? 'not UTF-8'} />
          ))}
        </dl>
      </section>
      <section aria-label="Value">
        <h4>{undecodable ? 'Value, undecodable' : 'Event'}</h4>
        {undecodable ? (
          <p>
            <b>{undecodable.code}</b> in {undecodable.field}: {undecodable.message}
          </p>
        ) : null}
        {event === undefined ? null : <pre>{JSON.stringify(event, null, 2)}</pre>}
        {valueHex === undefined ? null : <pre class="hex">{hexDump(bytesOf(valueHex))}</pre>}
      </section>
    </div>
  );
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt class="mono">{name}</dt>
      <dd class="mono">{value}</dd>
    </div>
  );
}

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
