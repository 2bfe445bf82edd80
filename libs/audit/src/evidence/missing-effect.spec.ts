import type { ConsumerProgress, Evidence } from './evidence.js';
import { CUTOFF_MS, honestEvidence, caughtUp } from '../testing/evidence.fixture.js';
import { missingEffectsOf } from './missing-effect.js';

const DAY_MS = 24 * 3_600_000;

function missing(progress: ConsumerProgress, changes: Partial<Evidence> = {}) {
  const evidence = honestEvidence({
    progress: { ...caughtUpConsumers, loyalty: progress },
    ...changes,
  });
  return missingEffectsOf('loyalty', evidence)('paid', CUTOFF_MS - 600_000);
}

const caughtUpConsumers = honestEvidence().progress;
const deadLettered = { original: 'payment.completed/3-7', redriveCount: 0 };
const deadLetteredAgain = { ...deadLettered, redriveCount: 1 };
const redriven = { ...deadLetteredAgain, partition: 3, offset: 0n };
const redrivenInTable = { ...deadLettered, state: 'redriven' as const };

describe('a missing effect', () => {
  it('is lost below the committed offset', () => {
    expect(missing(caughtUp())).toEqual({
      outcome: 'lost',
      why: 'loyalty has completed its event at partition 3, offset 7',
    });
  });

  it('is late at the committed offset, which is the next record to complete', () => {
    expect(missing(caughtUp({ committed: new Map([[3, 7n]]) })).outcome).toBe('late');
  });

  it('is late if the consumer has never committed', () => {
    expect(missing(caughtUp({ committed: new Map([[3, -1n]]) })).outcome).toBe('late');
    expect(missing(caughtUp({ committed: new Map() })).outcome).toBe('late');
  });

  it('is lost if the first of two copies is below the committed offset', () => {
    const [record] = honestEvidence().published;
    const published = [record!, { ...record!, offset: 12n }];
    expect(missing(caughtUp(), { published }).outcome).toBe('lost');
  });

  it('is late while the event is not in the topic', () => {
    expect(missing(caughtUp(), { published: [] })).toEqual({
      outcome: 'late',
      why: 'its event is not in the topic yet',
    });
  });

  it('is late while I3 names the missing event, and lost once its outbox row may be dropped', () => {
    const evidence = honestEvidence({ published: [] });
    const after = (days: number) =>
      missingEffectsOf('loyalty', evidence)('paid', CUTOFF_MS - days * DAY_MS);
    expect(after(2).outcome).toBe('late');
    expect(after(2.5)).toEqual({
      outcome: 'lost',
      why: 'the slot has moved past its event, which is not in the topic',
    });
  });

  it('is late for as long as the connector may still publish the event', () => {
    const evidence = honestEvidence({ published: [], slotPassedSnapshot: false });
    const after = (days: number) =>
      missingEffectsOf('loyalty', evidence)('paid', CUTOFF_MS - days * DAY_MS);
    expect(after(2.5).outcome).toBe('late');
    expect(after(3).outcome).toBe('late');
  });

  it('is lost if the event is so old that it has left the topic', () => {
    const evidence = honestEvidence({ published: [] });
    expect(missingEffectsOf('loyalty', evidence)('paid', CUTOFF_MS - 4 * DAY_MS)).toEqual({
      outcome: 'lost',
      why: 'loyalty has completed its event, which has aged out',
    });
  });

  it('is excused by a dead letter without a redrive', () => {
    expect(missing(caughtUp({ deadLetters: new Map([['paid', [deadLettered]]]) })).outcome).toBe(
      'dead_lettered',
    );
  });

  it('is late while the consumer has not completed a redrive', () => {
    const progress = caughtUp({
      deadLetters: new Map([['paid', [deadLettered]]]),
      redrives: new Map([['paid', [redriven]]]),
    });
    expect(missing(progress)).toEqual({
      outcome: 'late',
      why: 'loyalty has not reached its redrive at partition 3, offset 0',
    });
  });

  it('is lost if the consumer has completed the redrive without an effect', () => {
    const progress = caughtUp({
      deadLetters: new Map([['paid', [deadLettered]]]),
      redrives: new Map([['paid', [redriven]]]),
      redriveCommitted: new Map([[3, 1n]]),
    });
    expect(missing(progress).outcome).toBe('lost');
  });

  it('is excused if the redrive was dead-lettered too', () => {
    const progress = caughtUp({
      deadLetters: new Map([['paid', [deadLettered, deadLetteredAgain]]]),
      redrives: new Map([['paid', [redriven]]]),
      redriveCommitted: new Map([[3, 1n]]),
    });
    expect(missing(progress).outcome).toBe('dead_lettered');
  });

  it('counts two copies of one dead letter as one', () => {
    const progress = caughtUp({
      deadLetters: new Map([['paid', [deadLettered, deadLettered]]]),
      redrives: new Map([['paid', [redriven]]]),
      redriveCommitted: new Map([[3, 1n]]),
    });
    expect(missing(progress).outcome).toBe('lost');
  });

  it('knows which of two dead letters was redriven', () => {
    const progress = caughtUp({
      deadLetters: new Map([
        ['paid', [deadLettered, { original: 'payment.completed/3-9', redriveCount: 0 }]],
      ]),
      redrives: new Map([['paid', [redriven]]]),
      redriveCommitted: new Map([[3, 1n]]),
    });
    expect(missing(progress).outcome).toBe('dead_lettered');
  });

  it('is lost if its redrive is so old that it has left the topic', () => {
    const progress = caughtUp({
      deadLetters: new Map([['paid', [deadLettered]]]),
      deadLetterStates: new Map([['paid', [redrivenInTable]]]),
    });
    expect(missing(progress).outcome).toBe('lost');
  });

  it('is late while a redrive waits that the table already calls redriven', () => {
    const progress = caughtUp({
      deadLetters: new Map([['paid', [deadLettered]]]),
      deadLetterStates: new Map([['paid', [redrivenInTable]]]),
      redrives: new Map([['paid', [redriven]]]),
    });
    expect(missing(progress).outcome).toBe('late');
  });

  it('is excused if it was dead-lettered again and its redrive has left the topic', () => {
    const progress = caughtUp({
      deadLetters: new Map([['paid', [deadLettered, deadLetteredAgain]]]),
      deadLetterStates: new Map([['paid', [redrivenInTable]]]),
    });
    expect(missing(progress).outcome).toBe('dead_lettered');
  });

  it.each(['pending', 'discarded'] as const)(
    'is excused by a dead letter that is %s, also after the letter has left the topic',
    (state) => {
      const deadLetterStates = new Map([['paid', [{ ...deadLettered, state }]]]);
      expect(missing(caughtUp({ deadLetterStates })).outcome).toBe('dead_lettered');
      const deadLetters = new Map([['paid', [deadLettered]]]);
      expect(missing(caughtUp({ deadLetters, deadLetterStates })).outcome).toBe('dead_lettered');
    },
  );

  it('is not excused by the dead letter of another consumer', () => {
    const email = caughtUp({ deadLetters: new Map([['paid', [deadLettered]]]) });
    const evidence = honestEvidence({ progress: { ...caughtUpConsumers, email } });
    expect(missingEffectsOf('loyalty', evidence)('paid', CUTOFF_MS - 600_000).outcome).toBe('lost');
  });
});
