import type { ConsumerName, DeliveryTrace } from '@effectively-once/contracts';
import { failureWindows } from './failure-windows.js';
import { at, honestFacts, iso, record } from './facts.fixture.js';
import { stepsOf } from './steps.js';
import { shownEvent } from './event-record.js';
import { storeEvidence } from './store-evidence.js';

type Facts = Parameters<typeof honestFacts>[0];
const noTraces = new Map<ConsumerName, DeliveryTrace[]>();
const steps = (changes: Facts = {}, traces = noTraces) => stepsOf(honestFacts(changes), traces);
const times = (changes: Facts = {}) =>
  Object.fromEntries(steps(changes).map(({ id, at: time }) => [id, time]));
const stepOf = (id: string, changes: Facts = {}, traces = noTraces) =>
  steps(changes, traces).find((step) => step.id === id);
const payment = honestFacts().payment;

describe('the steps of a payment', () => {
  it('have the times that the stores recorded, and null where none is recorded', () => {
    expect(times()).toEqual({
      request: iso(0),
      claim: iso(0),
      'psp.1': iso(10),
      finalize: iso(20),
      wal: null,
      published: iso(30),
      'email.effect.1': iso(40),
      'email.marker': iso(50),
      'email.committed': null,
      'loyalty.effect.1': iso(45),
      'loyalty.committed': null,
      'search.effect.1': null,
      'search.committed': null,
    });
  });

  it('all name their source, and have ids of their own', () => {
    const all = steps();
    expect(all.filter(({ source }) => source === '')).toEqual([]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  it('show where the event is, and that the groups have committed it', () => {
    expect(stepOf('published')).toMatchObject({ outcome: 'ok', detail: 'partition 3, offset 7' });
    expect(stepOf('email.committed')).toMatchObject({ outcome: 'ok' });
  });

  it('wait for what is not there yet', () => {
    const waiting = steps({ topics: new Map(), receipts: [], marker: null, documents: [] })
      .filter(({ outcome }) => outcome === 'waiting')
      .map(({ id, at: time }) => [id, time]);
    expect(waiting).toEqual([
      ['published', null],
      ['email.effect.1', null],
      ['email.committed', null],
      ['loyalty.committed', null],
      ['search.effect.1', null],
      ['search.committed', null],
    ]);
  });

  it('say nothing about a store that cannot be read', () => {
    const ids = steps({ receipts: undefined, marker: undefined }).map(({ id }) => id);
    expect(ids.filter((id) => id.startsWith('email.'))).toEqual(['email.committed']);
  });

  it('show each charge, each mail and each dead letter', () => {
    const [charge] = honestFacts().charges ?? [];
    const letter = {
      consumer: 'email' as const,
      id: '0-1',
      state: 'redriven' as const,
      errorName: 'MailboxBusy',
      attempts: 5,
      redriveCount: 0,
      firstFailedAtMs: at(31),
      deadLetteredAtMs: at(35),
      original: 'payment.completed/3-7',
    };
    const changes: Facts = {
      charges: [charge!, { ...charge!, id: 'pi_2', status: 'declined', atMs: at(15) }],
      receipts: [
        { messageId: null, atMs: at(40) },
        { messageId: null, atMs: at(60) },
      ],
      maybeDuplicates: [{ messageId: null, atMs: at(55) }],
      deadLetters: { ...honestFacts().deadLetters!, letters: [letter] },
    };
    expect(times(changes)).toMatchObject({
      'psp.2': iso(15),
      'email.effect.2': iso(60),
      'email.maybe_duplicate.1': iso(55),
      'email.dead_letter.0-1': iso(35),
    });
    expect(stepOf('psp.2', changes)?.outcome).toBe('failed');
    expect(stepOf('email.dead_letter.0-1', changes)?.detail).toBe(
      'MailboxBusy after 5 attempts; redriven',
    );
  });

  it('of a payment that is not completed have no event and no effects', () => {
    const open = { payment: { ...payment, status: 'PENDING' as const, completedAtMs: 0 } };
    expect(steps(open).map(({ id, outcome }) => [id, outcome])).toEqual([
      ['request', 'ok'],
      ['claim', 'ok'],
      ['psp.1', 'ok'],
      ['finalize', 'waiting'],
    ]);
    const declined = {
      payment: { ...payment, status: 'DECLINED' as const, failureCode: 'card_declined' },
    };
    expect(stepOf('finalize', declined)).toMatchObject({
      at: null,
      outcome: 'failed',
      detail: 'DECLINED: card_declined',
    });
  });

  it('have the attempts and the commit that the consumer itself reports', () => {
    const trace: DeliveryTrace = {
      paymentId: payment.id,
      topic: 'payment.completed',
      partition: 3,
      offset: '7',
      fetchedAt: iso(32),
      attempts: [
        { startedAt: iso(33), endedAt: iso(34), error: 'MailboxBusy', nextAttemptAt: iso(38) },
        { startedAt: iso(38), endedAt: iso(41), error: null, nextAttemptAt: null },
      ],
      outcome: 'applied',
      committedAt: iso(52),
    };
    const traces = new Map([['email' as const, [trace]]]);
    expect(stepOf('email.1.fetched', {}, traces)?.at).toBe(iso(32));
    expect(stepOf('email.1.attempt.1', {}, traces)).toMatchObject({
      at: iso(33),
      until: iso(34),
      outcome: 'failed',
      detail: `MailboxBusy; next attempt at ${iso(38)}`,
    });
    expect(stepOf('email.1.attempt.2', {}, traces)?.outcome).toBe('ok');
    expect(stepOf('email.committed', {}, traces)?.at).toBe(iso(52));
  });
});

describe('the failure windows', () => {
  const windows = (changes: Facts = {}) =>
    failureWindows(steps(changes)).map(({ title, from, until }) => [title, from, until]);

  it('lie between two recorded times', () => {
    expect(windows()).toEqual([
      ['claimed, not charged', iso(0), iso(10)],
      ['charged, not finalized', iso(10), iso(20)],
      ['finalized, not published', iso(20), iso(30)],
      ['mailed, no marker yet', iso(40), iso(50)],
    ]);
  });

  it('are open while the step that ends them has not happened', () => {
    expect(windows({ marker: null })).toContainEqual(['mailed, no marker yet', iso(40), null]);
    expect(windows({ topics: new Map() })).toContainEqual([
      'finalized, not published',
      iso(20),
      null,
    ]);
  });

  it('are left out if the clocks of two stores contradict each other', () => {
    const [charge] = honestFacts().charges ?? [];
    const titles = windows({ charges: [{ ...charge!, atMs: at(25) }] }).map(([title]) => title);
    expect(titles).not.toContain('charged, not finalized');
  });
});

describe('the evidence of the stores', () => {
  it('is a table for each store that could be read', () => {
    const names = storeEvidence(honestFacts({ points: undefined })).map(({ store }) => store);
    expect(names).toContain('outbox');
    expect(names).not.toContain('points');
  });

  it('shows the bytes of the payment’s own event, not those of a foreign record', () => {
    const facts = honestFacts();
    const search = facts.topics!.get('payment.completed')!;
    const foreign = { ...record('forged', 6n), value: Buffer.from('forged') };
    const topics = new Map([
      ['payment.completed', { ...search, records: [foreign, ...search.records] }],
    ]);
    expect(shownEvent(honestFacts({ topics }))).toEqual({
      headers: { ce_id: 'event-1' },
      valueBase64: Buffer.from('{}').toString('base64'),
    });
    expect(shownEvent(honestFacts({ topics: new Map() }))).toBeNull();
  });
});
