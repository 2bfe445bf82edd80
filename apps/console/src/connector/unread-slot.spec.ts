import type { Sight } from './look.js';
import { UnreadSlot } from './unread-slot.js';

const at = (confirmed: bigint, active: boolean, lsn = 5n): Sight => ({
  slot: { active, confirmed, ...{ restart: 1n, lagBytes: 0, isLost: false, rowsAreRead: false } },
  offset: { lsn, isSnapshot: false },
  unanswered: {},
});
const read = (confirmed: bigint) => at(confirmed, true);
const unread = (confirmed: bigint) => at(confirmed, false);
/** Deleted: Connect says nothing of its offset. */
const missing = ({ slot }: Sight): Sight => ({
  connector: 'missing',
  unanswered: {},
  ...(slot && { slot }),
});
const away: Sight = { unanswered: { database: 'ECONNREFUSED' } };

function verdictAfter(...sights: Sight[]): boolean {
  const slot = new UnreadSlot();
  return sights.map((sight) => slot.sees(sight)).at(-1) ?? false;
}

describe('a slot was moved by hand', () => {
  it.each<[string, Sight[]]>([
    ['it goes forward while nobody reads it', [unread(10n), unread(11n)]],
    ['the database was away in between', [unread(10n), away, unread(11n)]],
    ['it is read again meanwhile', [unread(10n), unread(11n), read(12n), read(20n)]],
    ['it goes forward later', [read(9n), unread(10n), unread(10n), unread(11n), away]],
    ['the connector is deleted after it', [unread(10n), unread(11n), missing(unread(11n))]],
    ['the connector was deleted before it', [missing(unread(10n)), missing(unread(11n))]],
    ['it is read again, and has not come to that place', [unread(10n), unread(11n), at(11n, true)]],
  ])('when %s', (_, sights) => {
    expect(verdictAfter(...sights)).toBe(true);
  });

  it.each<[string, Sight[]]>([
    ['its reader moves it', [read(10n), read(11n)]],
    ['its reader has confirmed it before he went', [read(10n), unread(11n), unread(11n)]],
    ['its reader came and went between two looks at it', [unread(10n), read(11n), unread(12n)]],
    ['PostgreSQL forgot some of it in a crash', [unread(10n), away, unread(9n), unread(9n)]],
    ['it was dropped since', [unread(10n), unread(11n), { ...away, slot: 'missing' }, read(12n)]],
    ['its reader had come past that place', [unread(10n), unread(11n), at(12n, true, 11n)]],
    ['Connect was made to forget', [unread(10n), unread(11n), { ...unread(11n), offset: 'none' }]],
  ])('but not when %s', (_, sights) => {
    expect(verdictAfter(...sights)).toBe(false);
  });
});
