import { readEffectsOfConsumer, type Connections } from '@effectively-once/audit';
import type { ConsumerName } from '@effectively-once/contracts';

/** What a replay of some payments would do at one consumer. */
export interface KnownEffects {
  /** They have their effect, and the consumer recognises them: it absorbs them. */
  absorbed: ReadonlySet<string>;
  /**
   * Only of email: the mail provider has accepted the receipt, but its deduplication marker is
   * gone. The consumer does not know it, and would mail a second time without evidence.
   */
  wouldRepeat: ReadonlySet<string>;
}

/** At most a few hundred payment ids. @throws Error if it cannot be known. */
export type ReadKnownEffects = (ids: readonly string[]) => Promise<KnownEffects>;

const NONE: ReadonlySet<string> = new Set();

/** A store that has to say which payments have their effect does not answer. */
export class EffectsUnknown extends Error {
  override readonly name = 'EffectsUnknown';
}

export function knownEffects(connections: Connections, consumer: ConsumerName): ReadKnownEffects {
  const read = async (ids: readonly string[], askProvider: boolean) => {
    try {
      const isExpected = () => askProvider;
      return await readEffectsOfConsumer(connections, { consumer, ids, isExpected });
    } catch (error) {
      throw new EffectsUnknown(`${REFUSAL[consumer]} (${(error as Error).message})`, {
        cause: error,
      });
    }
  };
  if (consumer !== 'email') {
    return async (ids) => ({ absorbed: await read(ids, false), wouldRepeat: NONE });
  }
  return async (ids) => {
    const absorbed = await read(ids, false);
    const mailed = await read(
      ids.filter((id) => !absorbed.has(id)),
      true,
    );
    return { absorbed, wouldRepeat: mailed };
  };
}

const REFUSAL: Record<ConsumerName, string> = {
  email:
    'whether these receipts were mailed is not known: Redis or the mail provider does not answer',
  loyalty: "which payments have their points is not known: loyalty's database does not answer",
  search: 'which payments have their document is not known: Elasticsearch does not answer',
};
