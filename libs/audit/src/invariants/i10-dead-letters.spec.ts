import { deadLetterTopic, TOPICS } from '@effectively-once/contracts';
import {
  DEAD_LETTERS_KEPT_MS,
  type DeadLetterRow,
  type DlqRecord,
  type Evidence,
  type RedriveRecord,
} from '../evidence/evidence.js';
import { CUTOFF_MS, honestEvidence } from '../testing/evidence.fixture.js';
import { perConsumer } from '../evidence/assemble.js';
import { deadLettersAreConserved } from './i10-dead-letters.js';

const DAY_MS = 24 * 3_600_000;
const honest = honestEvidence();
const [[name, [row]]] = [...honest.deadLetterRows] as [[string, [DeadLetterRow]]];
const [[, [record]]] = [...honest.dlqRecords] as [[string, [DlqRecord]]];
const [[, [redrive]]] = [...honest.redriveRecords] as [[string, [RedriveRecord]]];

/** Evidence in which the dead letter's row is another, or there is none. */
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
const named = (why: RegExp) => [{ id: 'paid', why: expect.stringMatching(why) }];

describe('I10: dead letters are conserved', () => {
  it('is content with a dead letter that was redriven, discarded, or waits', () => {
    expect(withRow({})).toEqual({ checked: 1, ...clean });
    expect(withRow({ state: 'pending' }, nothing)).toMatchObject(clean);
    expect(withRow({ state: 'discarded' }, nothing)).toMatchObject(clean);
  });

  it('names a dead letter that the console has passed and not written down', () => {
    expect(withRow(undefined, nothing).violated).toEqual(named(/is not in the console's table/));
  });

  it('calls one late that the console has not come to', () => {
    for (const next of [[], [[0, 0n]]] as [number, bigint][][]) {
      const takenIn = perConsumer(() => new Map(next));
      const { violated, late } = withRow(undefined, { ...nothing, takenIn });
      expect({ violated, late }).toEqual({ violated: [], late: named(/not taken in .* yet/) });
    }
  });

  it('counts copies of one dead letter as one', () => {
    const dlqRecords = new Map([[name, [record, { ...record, offset: 1n }]]]);
    expect(withRow({}, { dlqRecords })).toEqual({ checked: 1, ...clean });
  });

  it('names a dead letter with two rows, and their states', () => {
    const deadLetterRows = new Map([[name, [row, { ...row, state: 'discarded' as const }]]]);
    expect(withRow({}, { deadLetterRows }).violated).toEqual(named(/2 times: redriven, discarded/));
  });

  it('names a row without a record, unless it may have aged out', () => {
    const gone = { dlqRecords: new Map() };
    expect(withRow({}, gone).violated).toEqual(named(/not in the dead-letter topic/));
    expect(withRow(aged, { ...gone, ...nothing })).toMatchObject(clean);
  });

  it('finds a row by the place where its record lies, whatever that claims to be', () => {
    const dlqRecords = new Map([[name, [{ ...record, isClaimed: false }]]]);
    expect(withRow({}, { dlqRecords })).toEqual({ checked: 0, ...clean });
  });

  it('names what is called redriven and was not sent, unless it may have aged out', () => {
    expect(withRow({}, nothing).violated).toEqual(named(/is not in the redrive topic/));
    const old = { askedAtMs: CUTOFF_MS - 4 * DAY_MS };
    expect(withRow(old, nothing)).toMatchObject(clean);
  });

  it.each([
    ['is pending', { state: 'pending' }],
    ['is discarded', { state: 'discarded' }],
    ['is not in the table', undefined],
  ] as const)('names what was sent again although it %s', (state, change) => {
    const { violated } = withRow(change, { dlqRecords: new Map([[name, []]]) });
    expect(violated).toEqual(named(new RegExp(`of the redrive topic, but ${state}$`)));
  });

  it('calls a redrive late that is sent and not marked yet', () => {
    const { violated, late } = withRow({ state: 'pending', isBeingRedriven: true });
    expect({ violated, late }).toEqual({ violated: [], late: named(/not marked redriven yet/) });
  });

  it('believes the row as it is at the end', () => {
    const laterRows = new Map([[name, row]]);
    expect(withRow({ state: 'pending' }, { laterRows })).toMatchObject(clean);
    expect(redrive.letter).toEqual(row.letter);
  });

  it('knows how long dead letters are kept', () => {
    const topic = TOPICS.find((one) => one.name === deadLetterTopic('email'));
    expect(topic?.config['retention.ms']).toBe(String(DEAD_LETTERS_KEPT_MS));
  });
});
