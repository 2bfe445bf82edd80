import type { LabDetail } from '../../../control-room/wire/labs.js';
import { apiPicture } from '../../live/api.js';
import { PageTitle } from '../../parts/page-title.js';
import { Badge, CopyButton, Empty, ProblemBox, Skeleton } from '../../parts/small.js';
import { NOT_RECORDED } from '../../parts/text/numbers.js';
import { useApi, useData } from '../../parts/use-data.js';
import { LastRun } from './last-run.js';
import { Panel } from '../../parts/panel.js';

/** One lab: its last run here, its picture, and what it does not show. */
export function LabPage({ name }: { name: string }) {
  const address = `/api/labs/${encodeURIComponent(name)}`;
  const { data, problem, again, isLoading } = useApi<LabDetail>(address);
  return (
    <>
      <PageTitle title={`Lab ${name}`}>
        <a href="/labs">All labs</a>
      </PageTitle>
      {problem ? <ProblemBox problem={problem} retry={again} /> : null}
      <div class="lab-page" aria-busy={isLoading}>
        {data ? (
          <Found lab={data} address={address} />
        ) : problem ? null : (
          <div class="panel">
            <Skeleton rows={14} />
          </div>
        )}
      </div>
    </>
  );
}

function Found({ lab, address }: { lab: LabDetail; address: string }) {
  return (
    <>
      <section class="panel lab-text" aria-labelledby="claim">
        <h2 id="claim">Claim</h2>
        <p>{lab.claim}</p>
        <p class="dim">Failure window: {lab.failureWindow}</p>
        <LastRun lab={lab} />
        <p>
          <code>{lab.command}</code> <CopyButton text={lab.command} label="the command" />
        </p>
      </section>
      {lab.table ? <Table table={lab.table} /> : null}
      {lab.claims.length > 0 ? <Claims claims={lab.claims} /> : null}
      {lab.pictureOf ? <Picture lab={lab} address={`${address}/picture`} /> : null}
      <section class="panel lab-text" aria-labelledby="not-shown">
        <h2 id="not-shown">What this does not show</h2>
        <ul class="lab-list">
          {lab.doesNotShow.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Table({ table: { head, rows } }: { table: NonNullable<LabDetail['table']> }) {
  return (
    <section class="panel lab-table" aria-label="Table of the last run here" tabIndex={0}>
      <table class="lab-rows">
        <thead>
          <tr>
            {head.map((cell, column) => (
              <th key={column} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} class="num">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Claims({ claims }: { claims: LabDetail['claims'] }) {
  return (
    <Panel id="claims" heading="Figures and their bounds">
      <ul class="lines">
        {claims.map(({ claim, value, holds }, index) => (
          <li key={index}>
            <Badge tone={holds ? 'ok' : 'bad'} icon={holds ? 'ok' : 'violated'}>
              {holds ? 'holds' : 'broken'}
            </Badge>
            <span class="line-text">{claim}</span>
            <span class="num">{value ?? NOT_RECORDED}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Picture({ lab, address }: { lab: LabDetail; address: string }) {
  // A new run has a new picture.
  const { data, problem, again } = useData(`${address} ${lab.run?.at ?? ''}`, (signal) =>
    apiPicture(address, signal),
  );
  const source =
    lab.pictureOf === 'run'
      ? 'The picture of the last run here.'
      : `The picture of the documented run (docs/pictures/labs/${lab.name}.svg), not of this machine.`;
  return (
    <section class="panel lab-text" aria-labelledby="picture">
      <h2 id="picture">Picture</h2>
      {problem ? <ProblemBox problem={problem} retry={again} /> : null}
      {data ? (
        <img class="lab-picture" src={data} alt={`What the lab ${lab.name} measured`} />
      ) : problem ? null : (
        <Empty title="The picture is loading." />
      )}
      <p class="dim">{source}</p>
    </section>
  );
}
