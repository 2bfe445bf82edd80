import { deadLetterTopic, TOPICS } from '@effectively-once/contracts';
import {
  DEAD_LETTER_RETENTION_MS,
  type DeadLetterRow,
  type DlqRecord,
  type Evidence,
  type RedriveRecord,
} from '../evidence/evidence.js';
import { CUTOFF_MS, honestEvidence } from '../testing/evidence.fixture.js';
import { perConsumer } from '../evidence/assemble.js';
import { deadLettersAreConserved } from './i10-dead-letters.js';
import type { FindingKind } from '../report.js';

const DAY_MS = 24 * 3_600_000;
const honest = honestEvidence();
const [[name, [row]]] = [...honest.deadLetterRows] as [[string, [DeadLetterRow]]];
const [[, [record]]] = [...honest.dlqRecords] as [[string, [DlqRecord]]];
const [[, [redrive]]] = [...honest.redriveRecords] as [[string, [RedriveRecord]]];

/** Judges evidence in which the dead letter's row is changed or missing. */
const withRow = (change: Partial<DeadLetterRow> | undefined, changes: Partial<Evidence> = {}) =>
  deadLettersAreConserved(
    honestEvidence({
      deadLetterRows: change ? new Map([[name, [{ ...row, ...change }]]]) : new Map(),
      ...changes,
    }),
  );
const nothing = { redriveRecords: new Map() };
const aged = { deadLetteredAtMs: CUTOFF_MS - 31 * DAY_MS, askedAtMs: CUTOFF_MS - 31 * DAY_MS };
const clean = { violated: [], late: [] };
const named = (kind: FindingKind, why: RegExp) => [
  { id: 'paid', kind, why: expect.stringMatching(why) },
];

describe('I10: dead letters are conserved', () => {
  it('accepts a dead letter that is redriven, discarded or pending', () => {
    expect(withRow({})).toEqual({ checked: 1, ...clean });
    expect(withRow({ state: 'pending' }, nothing)).toMatchObject(clean);
    expect(withRow({ state: 'discarded' }, nothing)).toMatchObject(clean);
  });

  it('names a dead letter that the console has passed without a row', () => {
    expect(withRow(undefined, nothing).violated).toEqual(
      named('lost', /is not in the console's table/),
    );
  });

  it('reports a dead letter as late that the console has not ingested yet', () => {
    for (const next of [[], [[0, 0n]]] as [number, bigint][][]) {
      const ingested = perConsumer(() => new Map(next));
      const { violated, late } = withRow(undefined, { ...nothing, ingested });
      expect({ violated, late }).toEqual({
        violated: [],
        late: named('lost', /not ingested .* yet/),
      });
    }
  });

  it('counts copies of one dead letter as one', () => {
    const dlqRecords = new Map([[name, [record, { ...record, offset: 1n }]]]);
    expect(withRow({}, { dlqRecords })).toEqual({ checked: 1, ...clean });
  });

  it('names a dead letter with two rows, and their states', () => {
    const deadLetterRows = new Map([[name, [row, { ...row, state: 'discarded' as const }]]]);
    expect(withRow({}, { deadLetterRows }).violated).toEqual(
      named('other', /2 times: redriven, discarded/),
    );
  });

  it('names a row without a record, unless it may have aged out or its topic was made anew', () => {
    const gone = { dlqRecords: new Map() };
    expect(withRow({}, gone).violated).toEqual(named('lost', /not in the dead letter topic/));
    expect(withRow(aged, { ...gone, ...nothing })).toMatchObject(clean);
    expect(withRow({ isRecordGone: true }, gone)).toMatchObject(clean);
  });

  it('finds a row by the position of its record, whatever the headers claim', () => {
    const dlqRecords = new Map([[name, [{ ...record, isClaimed: false }]]]);
    expect(withRow({}, { dlqRecords })).toEqual({ checked: 0, ...clean });
  });

  it('names a redriven row without a redrive, unless the redrive may have aged out', () => {
    expect(withRow({}, nothing).violated).toEqual(named('lost', /is not in the redrive topic/));
    const old = { askedAtMs: CUTOFF_MS - 4 * DAY_MS };
    expect(withRow(old, nothing)).toMatchObject(clean);
  });

  it.each([
    ['is pending', { state: 'pending' }],
    ['is discarded', { state: 'discarded' }],
    ['is not in the table', undefined],
  ] as const)('names a redrive of a dead letter that %s', (state, change) => {
    const { violated } = withRow(change, { dlqRecords: new Map([[name, []]]) });
    expect(violated).toEqual(named('other', new RegExp(`of the redrive topic, but ${state}$`)));
  });

  it('reports a redrive as late that the console has sent but not recorded', () => {
    const { violated, late } = withRow({ state: 'pending', isBeingRedriven: true });
    expect({ violated, late }).toEqual({
      violated: [],
      late: named('other', /not marked redriven yet/),
    });
  });

  it('judges by the row that was looked up at the end', () => {
    const laterRows = new Map([[name, row]]);
    expect(withRow({ state: 'pending' }, { laterRows })).toMatchObject(clean);
    expect(redrive.letter).toEqual(row.letter);
  });

  it('has the same dead-letter retention as the topic', () => {
    const topic = TOPICS.find((one) => one.name === deadLetterTopic('email'));
    expect(topic?.config['retention.ms']).toBe(String(DEAD_LETTER_RETENTION_MS));
  });
});
