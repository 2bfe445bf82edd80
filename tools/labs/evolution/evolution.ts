import { readRecording } from '@effectively-once/contracts/recordings';
import { matrixChart } from '../../bench/chart/matrix-chart.js';
import type { Lab, LabResult } from '../lab.js';
import { SCHEMA_CHANGES, type EventInTopic } from './changes.js';
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
    'A rollout under load: it only reads recorded bytes with both readers.',
    'What a dead letter costs: after a deploy of the reader it can be redriven, a wrong effect cannot.',
  ],
  minutes: 1,
  servers: [],
  run: async () => measureEvolution(),
};

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
