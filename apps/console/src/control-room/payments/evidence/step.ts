import type { Step } from '../../wire/evidence.js';

/** A step with the fields that most steps share. */
export const step = (
  given: Pick<Step, 'id' | 'track' | 'title' | 'source'> & Partial<Step>,
): Step => ({ at: null, until: null, outcome: 'ok', detail: null, ...given });
