import type { Observation } from './observe.js';
import { MovedSlotDetector } from './moved-slot-detector.js';

const at = (confirmed: bigint, active: boolean, lsn = 5n): Observation => ({
  slot: {
    active,
    confirmed,
    restart: 1n,
    lagBytes: 0,
    spilledBytes: 0n,
    isLost: false,
    rowsAreRead: false,
  },
  offset: { lsn, isSnapshot: false },
  errors: {},
});
const read = (confirmed: bigint) => at(confirmed, true);
const unread = (confirmed: bigint) => at(confirmed, false);
/** A deleted connector: Connect does not report its offset. */
const missing = ({ slot }: Observation): Observation => ({
  connector: 'missing',
  errors: {},
  ...(slot && { slot }),
});
const away: Observation = { errors: { database: 'ECONNREFUSED' } };

function verdictAfter(...observations: Observation[]): boolean {
  const slot = new MovedSlotDetector();
  return observations.map((observation) => slot.observe(observation)).at(-1) ?? false;
}

describe('a slot was moved by hand', () => {
  it.each<[string, Observation[]]>([
    ['it moves forward without a reader', [unread(10n), unread(11n)]],
    ['the database was away between two observations', [unread(10n), away, unread(11n)]],
    ['the connector reads it again afterwards', [unread(10n), unread(11n), read(12n), read(20n)]],
    ['it moves forward later', [read(9n), unread(10n), unread(10n), unread(11n), away]],
    ['the connector is deleted afterwards', [unread(10n), unread(11n), missing(unread(11n))]],
    ['the connector was deleted before', [missing(unread(10n)), missing(unread(11n))]],
    [
      'the connector reads it again, and has not passed the new position',
      [unread(10n), unread(11n), at(11n, true)],
    ],
  ])('when %s', (_, observations) => {
    expect(verdictAfter(...observations)).toBe(true);
  });

  it.each<[string, Observation[]]>([
    ['its reader moves it', [read(10n), read(11n)]],
    [
      'its reader confirmed the position before the disconnect',
      [read(10n), unread(11n), unread(11n)],
    ],
    [
      'a reader connected and disconnected between two observations',
      [unread(10n), read(11n), unread(12n)],
    ],
    [
      'PostgreSQL lost the last confirmation in a crash',
      [unread(10n), away, unread(9n), unread(9n)],
    ],
    [
      'it was dropped afterwards',
      [unread(10n), unread(11n), { ...away, slot: 'missing' }, read(12n)],
    ],
    ['its reader had passed the new position', [unread(10n), unread(11n), at(12n, true, 11n)]],
    [
      'the offsets of Connect were reset',
      [unread(10n), unread(11n), { ...unread(11n), offset: 'none' }],
    ],
  ])('but not when %s', (_, observations) => {
    expect(verdictAfter(...observations)).toBe(false);
  });
});
