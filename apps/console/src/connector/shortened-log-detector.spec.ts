import type { Observation } from './observe.js';
import { ShortenedLogDetector } from './shortened-log-detector.js';

const at = (confirmed: bigint, endOfLog: bigint, lsn: bigint): Observation => ({
  slot: {
    active: true,
    confirmed,
    restart: 1n,
    lagBytes: Number(endOfLog - confirmed),
    spilledBytes: 0n,
    isLost: false,
    rowsAreRead: false,
  },
  offset: { lsn, isSnapshot: false },
  errors: {},
});
const before = at(90n, 110n, 100n);
const restored = at(40n, 50n, 100n);
const withoutConnect = ({ slot }: Observation): Observation => ({
  ...(slot && { slot }),
  errors: { connect: 'ECONNREFUSED' },
});
const away: Observation = { errors: { database: 'ECONNREFUSED' } };

function verdictAfter(...observations: Observation[]): boolean {
  const log = new ShortenedLogDetector();
  return observations.map((observation) => log.observe(observation)).at(-1) ?? false;
}

describe('the log of PostgreSQL is shorter than what Connect has read', () => {
  it.each<[string, Observation[]]>([
    ['it ends before the stored offset', [before, restored]],
    ['the database was away between', [before, away, restored]],
    ['Connect is away', [before, withoutConnect(restored)]],
    ['this console sees only the end of it', [restored, restored]],
    ['the log has passed the offset meanwhile', [before, restored, at(120n, 130n, 120n)]],
    ['Debezium has stored a lower offset meanwhile', [before, at(45n, 50n, 45n)]],
  ])('when %s', (_, observations) => {
    expect(verdictAfter(...observations)).toBe(true);
  });

  it.each<[string, Observation[]]>([
    ['log and offset grow', [before, at(110n, 130n, 120n)]],
    ['the offset grew between the two readings of one observation', [at(90n, 100n, 105n)]],
    ['the offset is the end of the log', [before, at(100n, 100n, 100n)]],
    ['the slot was dropped since', [before, restored, { ...restored, slot: 'missing' }]],
    [
      'the offsets of Connect were reset since',
      [before, restored, { ...restored, offset: 'none' }],
    ],
    [
      'the connector publishes the retained rows again since',
      [
        before,
        restored,
        { ...restored, offset: { lsn: 45n, isSnapshot: true } },
        at(45n, 60n, 50n),
      ],
    ],
  ])('but not when %s', (_, observations) => {
    expect(verdictAfter(...observations)).toBe(false);
  });
});
