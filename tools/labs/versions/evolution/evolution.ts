import { readRecording } from '@effectively-once/contracts/recordings';
import { matrixChart } from '../../../bench/chart/matrix-chart.js';
import { stackedCharts } from '../../../bench/chart/stacked.js';
import type { Lab, LabResult } from '../../lab.js';
import { SCHEMA_CHANGES, type EventInTopic } from './changes.js';
import { liveClaims, livePicture, ofVersion, type LiveChange } from './judge-live.js';
import { changeLive } from './live-change.js';
import { judgeChange, PAIRS, type ChangeOutcome, type ReadOutcome } from './judge-change.js';

const ROUND_AMOUNT_MINOR = 1_300;

export const evolution: Lab = {
  name: 'evolution',
  claim:
    'A required, a renamed and a widened field make dead letters, which can be redriven; another ' +
    'meaning under the same name is silently wrong, unless the schema version changes with it.',
  failureWindow:
    'from the deploy of one side until the other, and as long as the topic keeps records',
  doesNotShow: [
    'Eight of the nine changes under load: only version 2 is rolled out, the others are computed.',
    'Code of an older commit: a release is this build with one version of the event taken out.',
    'How long to wait with contract: the topic keeps version 1 for three days, and a replay reads it.',
  ],
  minutes: 5,
  servers: ['kafka', 'postgres', 'redis', 'elasticsearch', 'connect', 'third-parties', 'console'],
  run: async (context) => {
    const live = await changeLive(context);
    const computed = measureEvolution();
    return {
      ...computed,
      figures: { ...computed.figures, ...liveFigures(live) },
      claims: [...computed.claims, ...liveClaims(live)],
      picture: stackedCharts('Schema evolution', [computed.picture, livePicture(live)]),
    };
  },
};

const liveFigures = ({ published, deadLetters, checkouts }: LiveChange) => ({
  'live: payments': checkouts.length,
  'live: events of version 1': ofVersion(published, 1).length,
  'live: events of version 2': ofVersion(published, 2).length,
  'live: dead letters of an old reader': deadLetters.byMistake,
});

export function measureEvolution(): LabResult {
  const results = SCHEMA_CHANGES.map((change) => judgeChange(change, recordedEvents()));
  return {
    table: {
      head: ['change', ...PAIRS.map(({ name }) => name)],
      rows: results.map(({ name, outcomes }) => [name, ...outcomes]),
    },
    figures: Object.fromEntries(
      results.map(({ name, outcomes }) => [
        `${name}: silently wrong`,
        countOf(outcomes, 'silently wrong'),
      ]),
    ),
    claims: evolutionClaims(results),
    picture: matrixChart({
      title: 'What a schema change does to a reader',
      subtitle: 'the writer’s version → the reader’s version',
      columns: PAIRS.map(({ name }) => name),
      rows: results.map(({ name, outcomes }) => ({
        name,
        cells: outcomes.map((outcome) => ({ text: outcome, mood: MOODS[outcome] })),
      })),
    }),
  };
}

const MOODS = { decoded: 'good', 'dead-lettered': 'visible', 'silently wrong': 'bad' } as const;

const countOf = (outcomes: readonly ReadOutcome[], wanted: ReadOutcome) =>
  outcomes.filter((one) => one === wanted).length;

function evolutionClaims(results: readonly ChangeOutcome[]) {
  const of = (name: string) => results.find((one) => one.name === name)?.outcomes ?? [];
  const wrong = (name: string) => countOf(of(name), 'silently wrong');
  const found = ['add a required field', 'rename a field', 'widen a type: number or text'];
  const [optional, major] = ['add an optional field', 'another meaning of a field: major units'];
  const versioned = [
    'the same with a new schema version',
    'version 2: an amount with its currency',
  ];
  return [
    { claim: `${optional}: decoded`, value: countOf(of(optional), 'decoded'), atLeast: 4 },
    ...found.flatMap((name) => [
      { claim: `${name}: dead-lettered`, value: countOf(of(name), 'dead-lettered'), atLeast: 1 },
      { claim: `${name}: silently wrong`, value: wrong(name), atMost: 0 },
    ]),
    { claim: `${major}: silently wrong`, value: wrong(major), atLeast: 1 },
    ...versioned.map((name) => ({
      claim: `${name}: silently wrong`,
      value: wrong(name),
      atMost: 0,
    })),
  ];
}

/** As the connector published it, and the same over a round amount, which hides a wrong unit. */
function recordedEvents(): EventInTopic[] {
  const { key, headers, value } = readRecording(1);
  const event = {
    key: key.text,
    headers: Object.fromEntries(headers.map(({ name, text }) => [name, text])),
    value: JSON.parse(value.text) as EventInTopic['value'],
  };
  return [event, { ...event, value: { ...event.value, amountMinor: ROUND_AMOUNT_MINOR } }];
}
