import { once } from 'node:events';
import { groupCommits } from '@effectively-once/kafka';
import { Pool } from 'pg';
import { endWithParent, OneByOne } from '../process/one-by-one.js';
import type { ZombieRecord, ZombieSettings } from './fences.js';

/*
 * A member of the lab's group, as its own process: it claims its record, and then makes the effect.
 * Between the two it can be frozen. Its effect is a row in the ledger, which has no unique key.
 */

const settings = JSON.parse(process.argv[2] ?? '') as ZombieSettings;
const { fence, brokers, topic, groupId, memberName } = settings;
const pool = new Pool({ connectionString: settings.databaseUrl, max: 2 });

/** The successor's token is higher. @returns the token of this claim. */
async function claim(id: string): Promise<number> {
  const { rows } = await pool.query<{ token: number }>(
    `INSERT INTO lab_zombie.fences AS fence (id, token) VALUES ($1, 1)
     ON CONFLICT (id) DO UPDATE SET token = fence.token + 1 RETURNING token`,
    [id],
  );
  return rows[0]?.token ?? NaN;
}

async function assertMembership(): Promise<void> {
  const group = { brokers, clientId: `${memberName}.check`, groupId, topics: [topic] };
  const { memberNames } = await groupCommits(group);
  if (!memberNames.has(memberName)) throw new Error('not a member any more');
}

/** Each is one statement, so the check and the effect are one transaction. */
async function effect(id: string, token: number): Promise<void> {
  switch (fence) {
    case 'no fence':
    case 'membership check':
      await pool.query('INSERT INTO lab_zombie.ledger (id, member) VALUES ($1, $2)', [
        id,
        memberName,
      ]);
      return;
    case 'fence in the store':
      // FOR UPDATE: a successor that claims at this moment waits, or we see its token.
      await pool.query(
        `INSERT INTO lab_zombie.ledger (id, member)
         SELECT id, $2 FROM lab_zombie.fences WHERE id = $1 AND token = $3 FOR UPDATE`,
        [id, memberName, token],
      );
      return;
    case 'inbox row':
      await pool.query(
        `WITH first AS (
           INSERT INTO lab_zombie.inbox (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id
         )
         INSERT INTO lab_zombie.ledger (id, member) SELECT id, $2 FROM first`,
        [id, memberName],
      );
      return;
    default:
      fence satisfies never;
  }
}

const consumer = new OneByOne({
  brokers,
  groupId,
  memberName,
  topics: [topic],
  inTurn: 'all',
  handle: async ({ value }, commit) => {
    const { id } = JSON.parse(String(value)) as ZombieRecord;
    const token = await claim(id);
    if (fence === 'membership check') await assertMembership();
    if (settings.waits) {
      process.send?.({ kind: 'claimed' });
      await once(process, 'message');
    }
    await effect(id, token);
    process.send?.({ kind: 'done' });
    const kind = await commit().then(
      () => 'committed',
      () => 'commit refused',
    );
    process.send?.({ kind });
  },
});
await consumer.start();
endWithParent(() => consumer.leave());
