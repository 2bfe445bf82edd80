import { CUTOFF_MS, honestEvidence } from '../testing/evidence.fixture.js';
import { topicMatchesTheOutbox } from './i03-topic.js';

const DAY_MS = 24 * 3_600_000;
const [record] = honestEvidence().published;
const [row] = honestEvidence().outbox;

describe('I3: every outbox event is in the topic, and nothing else is', () => {
  it('reports an event as lost once the slot has moved past it', () => {
    const { violated, late } = topicMatchesTheOutbox(honestEvidence({ published: [] }));
    expect(violated).toEqual([
      {
        id: 'paid',
        kind: 'lost',
        why: 'event event is not in the topic, and the slot has moved past it',
      },
    ]);
    expect(late).toEqual([]);
  });

  it('reports an event as late while the slot has not reached it', () => {
    const evidence = honestEvidence({ published: [], slotPassedSnapshot: false });
    const { violated, late } = topicMatchesTheOutbox(evidence);
    expect(violated).toEqual([]);
    expect(late).toEqual([
      {
        id: 'paid',
        kind: 'lost',
        why: 'event event is not in the topic yet; the slot has not reached it',
      },
    ]);
  });

  it('allows an event to be published twice', () => {
    const published = [record!, { ...record!, offset: 9n }];
    expect(topicMatchesTheOutbox(honestEvidence({ published })).violated).toEqual([]);
  });

  it('names a record that comes from no outbox row, by its payment', () => {
    const foreign = { ...record!, offset: 9n, eventId: 'foreign', paymentId: 'unknown' };
    const { violated } = topicMatchesTheOutbox(honestEvidence({ published: [record!, foreign] }));
    expect(violated).toEqual([
      {
        id: 'unknown',
        kind: 'other',
        why: 'event foreign at partition 3, offset 9 comes from no outbox row',
      },
    ]);
  });

  it('names a record without headers by its position', () => {
    const garbage = {
      partition: 5,
      offset: 0n,
      occurredAtMs: CUTOFF_MS,
      valueMd5: 'garbage',
      eventId: undefined,
      paymentId: undefined,
    };
    const { violated } = topicMatchesTheOutbox(honestEvidence({ published: [record!, garbage] }));
    expect(violated).toEqual([
      {
        id: '5-0',
        kind: 'other',
        why: 'a record without an event id at partition 5, offset 0 comes from no outbox row',
      },
    ]);
  });

  it('names an event that has other bytes than its row', () => {
    const published = [{ ...record!, valueMd5: 'other' }];
    expect(topicMatchesTheOutbox(honestEvidence({ published })).violated).toEqual([
      {
        id: 'paid',
        kind: 'other',
        why: 'event event at partition 3, offset 7 has other bytes than its outbox row',
      },
    ]);
  });

  it('accepts a record whose row was committed after the snapshot', () => {
    const later = { ...row!, eventId: 'later', payloadMd5: 'later' };
    const evidence = honestEvidence({
      published: [record!, { ...record!, eventId: 'later', valueMd5: 'later' }],
      laterOutbox: new Map([['later', later]]),
    });
    expect(topicMatchesTheOutbox(evidence).violated).toEqual([]);
  });

  it('expects no row for a record older than the outbox retention', () => {
    const old = { ...record!, eventId: 'old', occurredAtMs: CUTOFF_MS - 2 * DAY_MS - 1 };
    const evidence = honestEvidence({ published: [record!, old] });
    expect(topicMatchesTheOutbox(evidence).violated).toEqual([]);
  });
});
