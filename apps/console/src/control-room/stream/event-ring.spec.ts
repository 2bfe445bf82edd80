import { EventRing } from './event-ring.js';

const ring = (limits = { eventsMax: 3, bytesMax: 10_000 }) =>
  new EventRing({ epoch: 'e', ...limits });
const dataOf = (events: Buffer[] | undefined) =>
  events?.map((bytes) => JSON.parse(/^data: (.*)$/m.exec(bytes.toString())?.[1] ?? ''));

describe('the ring of recent events', () => {
  it('writes an event as the event stream format says', () => {
    expect(ring().append('verdict', { text: 'a\nb' }).toString()).toBe(
      'id: e-1\nevent: verdict\ndata: {"text":"a\\nb"}\n\n',
    );
  });

  it('resumes after any id that it still knows', () => {
    const events = ring();
    for (const n of [1, 2, 3]) events.append('payment', n);
    expect(dataOf(events.after('e-0'))).toEqual([1, 2, 3]);
    expect(dataOf(events.after('e-2'))).toEqual([3]);
    expect(events.after('e-3')).toEqual([]);
    expect(events.lastId).toBe('e-3');
  });

  it('knows a gap: an event that fell out of the ring was missed', () => {
    const events = ring();
    for (const n of [1, 2, 3, 4, 5]) events.append('payment', n);
    expect(events.after('e-1')).toBeUndefined();
    expect(dataOf(events.after('e-2'))).toEqual([3, 4, 5]);
  });

  it('knows a gap: an id of another process, of the future, or no id at all', () => {
    const events = ring();
    events.append('payment', 1);
    for (const id of ['f-1', 'e-2', 'e-', 'e--1', 'e-1.5', 'e-NaN', '', 'x'.repeat(9_000)])
      expect([id, events.after(id)]).toEqual([id, undefined]);
  });

  it('knows a gap: while no client was there, no event was recorded', () => {
    const events = ring();
    events.append('payment', 1);
    events.interrupt();
    expect(events.after('e-1')).toBeUndefined();
    expect(events.after(events.lastId)).toEqual([]);
    events.append('payment', 2);
    expect(events.after('e-1')).toBeUndefined();
  });

  it('is bounded in bytes, also when one event is larger than all of it', () => {
    const events = ring({ eventsMax: 1_000, bytesMax: 1_000 });
    for (let n = 0; n < 500; n += 1) events.append('payment', 'x'.repeat(100));
    expect(events.bytes).toBeLessThanOrEqual(1_000);
    expect(events.after('e-499')).toHaveLength(1);
    events.append('payment', 'x'.repeat(2_000));
    expect(events.bytes).toBe(0);
    expect(events.after('e-500')).toBeUndefined();
  });
});
