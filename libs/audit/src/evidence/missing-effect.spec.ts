import type { Delivery, Evidence } from './evidence.js';
import { CUTOFF_MS, honestEvidence, settled } from '../testing/evidence.fixture.js';
import { turnsAt } from './missing-effect.js';

const DAY_MS = 24 * 3_600_000;

function turn(delivery: Delivery, changes: Partial<Evidence> = {}) {
  const evidence = honestEvidence({ deliveries: { ...quiet, loyalty: delivery }, ...changes });
  return turnsAt('loyalty', evidence)('paid', CUTOFF_MS - 600_000);
}

const quiet = honestEvidence().deliveries;
const died = { original: 'payment.completed/3-7', redriveCount: 0 };
const diedAgain = { ...died, redriveCount: 1 };
const redriven = { ...diedAgain, partition: 3, offset: 0n };
const calledRedriven = { ...died, state: 'redriven' as const };

describe("a consumer's turn, when an effect is missing", () => {
  it('is lost below the committed offset', () => {
    expect(turn(settled())).toEqual({
      outcome: 'lost',
      why: 'loyalty has settled its event at partition 3, offset 7',
    });
  });

  it('is late at the committed offset, which is the next record to settle', () => {
    expect(turn(settled({ committed: new Map([[3, 7n]]) })).outcome).toBe('late');
  });

  it('is late when the consumer has never committed', () => {
    expect(turn(settled({ committed: new Map([[3, -1n]]) })).outcome).toBe('late');
    expect(turn(settled({ committed: new Map() })).outcome).toBe('late');
  });

  it('is lost when the first of two copies is below the committed offset', () => {
    const [record] = honestEvidence().published;
    const published = [record!, { ...record!, offset: 12n }];
    expect(turn(settled(), { published }).outcome).toBe('lost');
  });

  it('is late while the event is not in the topic', () => {
    expect(turn(settled(), { published: [] })).toEqual({
      outcome: 'late',
      why: 'its event is not in the topic yet',
    });
  });

  it('is late while I3 names the missing event, and lost when its outbox row may be gone', () => {
    const evidence = honestEvidence({ published: [] });
    const after = (days: number) => turnsAt('loyalty', evidence)('paid', CUTOFF_MS - days * DAY_MS);
    expect(after(2).outcome).toBe('late');
    expect(after(2.5)).toEqual({
      outcome: 'lost',
      why: 'the slot has moved past its event, which is not in the topic',
    });
  });

  it('is late for as long as the slot may still bring the event, and the topic keep it', () => {
    const evidence = honestEvidence({ published: [], slotPassedSnapshot: false });
    const after = (days: number) => turnsAt('loyalty', evidence)('paid', CUTOFF_MS - days * DAY_MS);
    expect(after(2.5).outcome).toBe('late');
    expect(after(3).outcome).toBe('late');
  });

  it('is lost when the event is so old that it has left the topic', () => {
    const evidence = honestEvidence({ published: [] });
    expect(turnsAt('loyalty', evidence)('paid', CUTOFF_MS - 4 * DAY_MS)).toEqual({
      outcome: 'lost',
      why: 'loyalty has settled its event, which has aged out',
    });
  });

  it('is excused by a dead letter nobody has redriven', () => {
    expect(turn(settled({ deadLetters: new Map([['paid', [died]]]) })).outcome).toBe(
      'dead_lettered',
    );
  });

  it('is late while a redrive waits to be settled', () => {
    const delivery = settled({
      deadLetters: new Map([['paid', [died]]]),
      redrives: new Map([['paid', [redriven]]]),
    });
    expect(turn(delivery)).toEqual({
      outcome: 'late',
      why: 'loyalty has not reached its redrive at partition 3, offset 0',
    });
  });

  it('is lost when the redrive is settled and left nothing', () => {
    const delivery = settled({
      deadLetters: new Map([['paid', [died]]]),
      redrives: new Map([['paid', [redriven]]]),
      redriveCommitted: new Map([[3, 1n]]),
    });
    expect(turn(delivery).outcome).toBe('lost');
  });

  it('is excused when the redrive died as well', () => {
    const delivery = settled({
      deadLetters: new Map([['paid', [died, diedAgain]]]),
      redrives: new Map([['paid', [redriven]]]),
      redriveCommitted: new Map([[3, 1n]]),
    });
    expect(turn(delivery).outcome).toBe('dead_lettered');
  });

  it('counts two copies of one dead letter as one', () => {
    const delivery = settled({
      deadLetters: new Map([['paid', [died, died]]]),
      redrives: new Map([['paid', [redriven]]]),
      redriveCommitted: new Map([[3, 1n]]),
    });
    expect(turn(delivery).outcome).toBe('lost');
  });

  it('knows which of two dead letters was redriven', () => {
    const delivery = settled({
      deadLetters: new Map([
        ['paid', [died, { original: 'payment.completed/3-9', redriveCount: 0 }]],
      ]),
      redrives: new Map([['paid', [redriven]]]),
      redriveCommitted: new Map([[3, 1n]]),
    });
    expect(turn(delivery).outcome).toBe('dead_lettered');
  });

  it('is lost when its dead letter was redriven so long ago that the redrive has aged out', () => {
    const delivery = settled({
      deadLetters: new Map([['paid', [died]]]),
      deadLetterStates: new Map([['paid', [calledRedriven]]]),
    });
    expect(turn(delivery).outcome).toBe('lost');
  });

  it('is late while a redrive waits that is marked already', () => {
    const delivery = settled({
      deadLetters: new Map([['paid', [died]]]),
      deadLetterStates: new Map([['paid', [calledRedriven]]]),
      redrives: new Map([['paid', [redriven]]]),
    });
    expect(turn(delivery).outcome).toBe('late');
  });

  it('is excused when it died again, and the redrive it died in has aged out', () => {
    const delivery = settled({
      deadLetters: new Map([['paid', [died, diedAgain]]]),
      deadLetterStates: new Map([['paid', [calledRedriven]]]),
    });
    expect(turn(delivery).outcome).toBe('dead_lettered');
  });

  it.each(['pending', 'discarded'] as const)(
    'is excused by a dead letter that is %s, also when the letter itself has aged out',
    (state) => {
      const deadLetterStates = new Map([['paid', [{ ...died, state }]]]);
      expect(turn(settled({ deadLetterStates })).outcome).toBe('dead_lettered');
      const deadLetters = new Map([['paid', [died]]]);
      expect(turn(settled({ deadLetters, deadLetterStates })).outcome).toBe('dead_lettered');
    },
  );

  it('is not excused by the dead letter of another consumer', () => {
    const email = settled({ deadLetters: new Map([['paid', [died]]]) });
    const evidence = honestEvidence({ deliveries: { ...quiet, email } });
    expect(turnsAt('loyalty', evidence)('paid', CUTOFF_MS - 600_000).outcome).toBe('lost');
  });
});
