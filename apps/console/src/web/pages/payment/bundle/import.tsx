import { useState } from 'preact/hooks';
import { PageTitle } from '../../../parts/page-title.js';
import { Badge, Id, ProblemBox, Time } from '../../../parts/small.js';
import { AnswerProblem } from '../../../live/api.js';
import { Evidence } from '../evidence.js';
import { BUNDLE_BYTES_MAX, type IncidentBundle } from './incident-bundle.js';
import { httpsLink, readBundle } from './read-bundle.js';

/** An incident bundle of any system. It is read in the browser, and sent nowhere. */
export function ImportPage() {
  const [bundle, setBundle] = useState<IncidentBundle>();
  const [problem, setProblem] = useState<AnswerProblem>();
  const [isOver, setOver] = useState(false);
  const open = async (file: File | undefined) => {
    if (!file) return;
    setBundle(undefined);
    setProblem(undefined);
    try {
      // A file that is too large is not even read.
      const bytes = new Uint8Array(await file.slice(0, BUNDLE_BYTES_MAX + 1).arrayBuffer());
      setBundle(readBundle(bytes));
    } catch (error) {
      setProblem(new AnswerProblem(0, 'This is no incident bundle', (error as Error).message));
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void open(event.dataTransfer?.files[0]);
  };
  return (
    <>
      <PageTitle title="Incident bundle">
        <p>One payment as a control room exported it. It opens also where its system is not.</p>
        <a href="/payments">All payments</a>
      </PageTitle>
      <label
        class={isOver ? 'panel drop is-over' : 'panel drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <span>Drop an exported payment here, or choose its file (JSON, at most 1 MB)</span>
        <input
          type="file"
          accept="application/json,.json"
          onChange={(event) => void open(event.currentTarget.files?.[0])}
        />
      </label>
      {problem ? <ProblemBox problem={problem} /> : null}
      {bundle ? <Imported bundle={bundle} /> : null}
    </>
  );
}

const NO_EVENT = 'The topic did not hold the event, or the export left out one that is not ours.';

function Imported({ bundle }: { bundle: IncidentBundle }) {
  const { source, exportedAt, evidence } = bundle;
  const link = httpsLink(source);
  return (
    <section aria-label="Imported payment" data-imported={evidence.id}>
      <p class="imported" role="status">
        <Badge tone="late" icon="stale">
          imported
        </Badge>
        <span>
          This is a file, and not this system. It says that it was exported{' '}
          <Time at={exportedAt} day /> from{' '}
          {link ? (
            <a href={link} rel="noopener noreferrer" target="_blank">
              {source}
            </a>
          ) : (
            <span class="mono">{source}</span>
          )}
          . The verdict above is of this system, live.
        </span>
        <Id value={evidence.id} max={36} label="payment id" />
      </p>
      <Evidence payment={evidence} ifNoEvent={NO_EVENT} />
    </section>
  );
}
