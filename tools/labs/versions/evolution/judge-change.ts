import { isDeepStrictEqual } from 'node:util';
import { readVersion1, type EventInTopic, type SchemaChange, type Understood } from './changes.js';

export type ReadOutcome = 'decoded' | 'dead-lettered' | 'silently wrong';

/** Before, during and after a deploy: which version wrote the record, and which reads it. */
export const PAIRS = [
  { name: 'old → old', isNewWriter: false, isNewReader: false },
  { name: 'old → new', isNewWriter: false, isNewReader: true },
  { name: 'new → old', isNewWriter: true, isNewReader: false },
  { name: 'new → new', isNewWriter: true, isNewReader: true },
] as const;

export interface ChangeOutcome {
  name: string;
  /** One for each of `PAIRS`. */
  outcomes: ReadOutcome[];
}

/** From harmless to harmful. */
const SEVERITY: readonly ReadOutcome[] = ['decoded', 'dead-lettered', 'silently wrong'];

/**
 * The worst outcome of some records for each pair of versions.
 * @param recorded records of the published version.
 */
export function judgeChange(
  change: SchemaChange,
  recorded: readonly EventInTopic[],
): ChangeOutcome {
  const outcomes = PAIRS.map(({ isNewWriter, isNewReader }) => {
    const each = recorded.map((old) => {
      const meant = readVersion1(old);
      const event = isNewWriter ? change.write(old) : old;
      const truth = isNewWriter ? { ...meant, ...change.means } : meant;
      return outcomeOf(isNewReader ? change.read : readVersion1, event, truth);
    });
    return SEVERITY.findLast((one) => each.includes(one)) ?? 'decoded';
  });
  return { name: change.name, outcomes };
}

function outcomeOf(
  read: SchemaChange['read'],
  event: EventInTopic,
  truth: Understood,
): ReadOutcome {
  let understood: Understood;
  try {
    understood = read(event);
  } catch {
    return 'dead-lettered';
  }
  return isDeepStrictEqual(understood, truth) ? 'decoded' : 'silently wrong';
}
