import fc from 'fast-check';
import { Circuit, LANES_TO_OPEN } from './circuit-breaker.js';
import { isSymptomOfOutage } from './streak.js';
import { DependencyDown, LeaseHeld, PermanentFailure, RefusedForNow } from '../failure.js';

const ENDS = {
  works: async () => undefined,
  'is put off': () => Promise.reject(new RefusedForNow('smtp', 451)),
  'is refused': () => Promise.reject(new PermanentFailure('RecipientRefused', 'no such mailbox')),
  'is held elsewhere': () => Promise.reject(new LeaseHeld(1_000)),
  'cannot reach it': () => Promise.reject(new DependencyDown('smtp')),
};

const step = fc.record({
  user: fc.constantFrom('alice', 'bob', 'carol', 'dave'),
  end: fc.constantFrom(...(Object.keys(ENDS) as (keyof typeof ENDS)[])),
});

it('opens exactly when, since it last worked, it was unreachable or put off three users; they are not to blame', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const circuit = new Circuit({ dependency: 'smtp', probe: async () => undefined });
      const putOff = new Map<Error, string>();
      for (const { user, end } of steps) {
        const error = await circuit.call(user, ENDS[end]).catch((thrown: Error) => thrown);
        const isCounted = end === 'is put off' || end === 'cannot reach it';
        if (isCounted) putOff.set(error as Error, user);
        else putOff.clear();
        const users = new Set(putOff.values());
        const isOutage = end === 'cannot reach it' || users.size === LANES_TO_OPEN;
        expect(circuit.reading).toBe(isOutage ? 'open' : 'closed');
        expect([...putOff.keys()].every(isSymptomOfOutage)).toBe(isOutage || putOff.size === 0);
        if (isOutage) break;
      }
      circuit.close();
    }),
    { numRuns: 1_000 },
  ));
