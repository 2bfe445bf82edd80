import type { PaymentEvidence, StoreEvidence } from '../../../control-room/wire/evidence.js';
import { Empty } from '../../parts/small.js';
import { NOT_RECORDED } from '../../parts/text/numbers.js';
import { asText, fromBase64, hexDump } from './event-bytes.js';
import { Panel } from '../../parts/panel.js';

/** What each store holds, as it holds it. */
export function StoresPanel({ stores }: { stores: StoreEvidence[] }) {
  return (
    <section aria-labelledby="stores" class="stores-panel">
      <h2 id="stores">Evidence in every store</h2>
      <div class="store-grid">
        {stores.map((evidence) => (
          <Store key={`${evidence.store} ${evidence.source}`} evidence={evidence} />
        ))}
      </div>
    </section>
  );
}

function Store({ evidence: { store, source, records } }: { evidence: StoreEvidence }) {
  return (
    <article class="panel store">
      <header>
        <h3>{store}</h3>
        <p class="dim mono">{source}</p>
      </header>
      {records.length === 0 ? <p class="store-none dim">nothing about this payment</p> : null}
      {records.map((record, index) => (
        <dl key={index} class="record">
          {Object.entries(record).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="mono">{value ?? NOT_RECORDED}</dd>
            </div>
          ))}
        </dl>
      ))}
    </article>
  );
}

/** The event as the topic holds it, byte for byte. */
export function EventPanel({ event, ifNone }: EventPanelProps) {
  const bytes = event && fromBase64(event.valueBase64);
  const text = bytes && asText(bytes);
  return (
    <Panel
      id="event"
      heading="Original bytes of the event"
      class="event"
      head={bytes ? <span class="dim num">{bytes.length} bytes</span> : null}
    >
      {event === null ? <Empty title={ifNone} /> : null}
      {event && bytes ? (
        <div class="event-body">
          <dl class="record">
            {Object.entries(event.headers).map(([name, value]) => (
              <div key={name}>
                <dt class="mono">{name}</dt>
                <dd class="mono">{value}</dd>
              </div>
            ))}
          </dl>
          {text === null ? null : <pre>{text}</pre>}
          <details open={text === null}>
            <summary>In hex</summary>
            <pre class="hex">{hexDump(bytes)}</pre>
          </details>
        </div>
      ) : null}
    </Panel>
  );
}

interface EventPanelProps {
  event: PaymentEvidence['event'];
  /** What it means that there is none. */
  ifNone: string;
}
