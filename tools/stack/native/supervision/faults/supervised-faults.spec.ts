import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@effectively-once/testing';
import { SupervisedFaults } from './supervised-faults.js';

let failurePoints: string;
let done: string[];
let notes: string[];
let isHealthy: () => Promise<void>;
let isMade: () => Promise<void>;
let faults: SupervisedFaults;

beforeEach(async () => {
  failurePoints = await mkdtemp(join(tmpdir(), 'failure-points-'));
  done = [];
  notes = [];
  isHealthy = async () => undefined;
  isMade = async () => undefined;
  faults = newFaults();
});
afterEach(async () => {
  faults.close();
  await rm(failurePoints, { recursive: true });
});

function newFaults() {
  const say = (what: string) => async () => void done.push(what);
  return new SupervisedFaults({
    find: (name) => {
      if (name === 'nothing') throw new Error('there is no process nothing');
      return {
        crash: say(`killed ${name}`),
        freeze: (isFrozen: boolean) => void done.push(`${isFrozen ? 'froze' : 'thawed'} ${name}`),
        stop: say(`stopped ${name}`),
        startAgain: say(`started ${name}`),
        untilHealthyAgain: () => isHealthy(),
      };
    },
    apps: {
      stop: async (name) => void done.push(`stopped ${name}`),
      start: async (name) => void done.push(`started ${name}`),
    },
    proxies: new Map([
      [
        'loyalty-database',
        { refuse: say('refuses'), hang: say('hangs'), heal: say('forwards again') },
      ],
    ]),
    mistakes: new Map([
      [
        'search-index.delete',
        {
          make: () => isMade().then(say('deleted the index')),
          repair: say('reindexed'),
          command: 'npm run reindex',
        },
      ],
    ]),
    failurePoints,
    onNote: (note) => notes.push(note),
  });
}

const inject = (target: string, kind: string, seconds = 60, point?: string) =>
  faults.inject({
    command: 'break',
    target,
    kind: kind as 'stop',
    seconds,
    ...(point ? { point } : {}),
  });

const nothingIsBroken = () => waitUntil('the end of the fault', () => faults.list().length === 0);

it.each([
  ['payments', 'freeze', ['froze payments', 'thawed payments']],
  ['redis', 'stop', ['stopped redis', 'started redis']],
  ['loyalty-database', 'refuse', ['refuses', 'forwards again']],
  ['loyalty-database', 'hang', ['hangs', 'forwards again']],
  ['search-index', 'delete', ['deleted the index', 'reindexed']],
])('reverts by itself what no request reverts: %s %s', async (target, kind, wanted) => {
  await inject(target, kind, 0.05);
  expect(faults.list()).toMatchObject([{ id: `${target}.${kind}`, state: 'broken' }]);
  await nothingIsBroken();
  expect(done).toEqual(wanted);
});

it('reverts at once what is asked for, and once only', async () => {
  await inject('redis', 'stop');
  await Promise.all([faults.revert('redis.stop'), faults.revert('redis.stop')]);
  await faults.revert('redis.stop');
  expect(done).toEqual(['stopped redis', 'started redis']);
});

it('kill -9 is over when the process is healthy again', async () => {
  let healthy = () => {};
  isHealthy = () => new Promise((resolve) => (healthy = resolve));
  await inject('kafka', 'kill');
  expect(done).toEqual(['killed kafka']);
  expect(faults.list()).toMatchObject([{ id: 'kafka.kill', state: 'reverting' }]);
  healthy();
  await nothingIsBroken();
});

it('kill -9 at a point is armed until the process has died there', async () => {
  await inject('payments', 'kill_at', 60, 'after_claim');
  const token = join(failurePoints, 'payments.after_claim');
  expect(existsSync(token)).toBe(true);
  expect(faults.list()).toMatchObject([{ state: 'armed', point: 'after_claim' }]);
  rmSync(token);
  await nothingIsBroken();
});

it('kill -9 at a point that no process reaches is disarmed at its end', async () => {
  await inject('payments', 'kill_at', 0.05, 'after_claim');
  await nothingIsBroken();
  expect(existsSync(join(failurePoints, 'payments.after_claim'))).toBe(false);
});

it('a mistake is armed until it is made; its seconds begin then, and no repair comes before it', async () => {
  let make = () => {};
  isMade = () => new Promise((resolve) => (make = resolve));
  const made = inject('search-index', 'delete');
  expect(faults.list()).toMatchObject([{ id: 'search-index.delete', state: 'armed' }]);
  const repaired = faults.revert('search-index.delete');
  make();
  await Promise.all([made, repaired]);
  expect(done).toEqual(['deleted the index', 'reindexed']);
  expect(faults.list()).toEqual([]);
});

it('a stack that stops says what it leaves unrepaired, and with which command it is repaired', async () => {
  await inject('search-index', 'delete');
  faults.close();
  expect(notes).toEqual([
    'the search-index is not repaired: after the next start, npm run reindex',
  ]);
});

it('breaks a target once at a time, another one meanwhile', async () => {
  await inject('redis', 'stop');
  await expect(inject('redis', 'kill')).rejects.toThrow('redis is broken already');
  await inject('kafka', 'stop');
  expect(faults.list().map(({ id }) => id)).toEqual(['redis.stop', 'kafka.stop']);
});

it('a fault that cannot begin is not listed', async () => {
  await expect(inject('nothing', 'kill')).rejects.toThrow('no process nothing');
  await expect(inject('redis', 'refuse')).rejects.toThrow('no proxy before redis');
  expect(faults.list()).toEqual([]);
});

it('says so if the target does not come back', async () => {
  isHealthy = () => Promise.reject(new Error('payments is not healthy after 120 s'));
  await inject('payments', 'freeze', 0.05);
  await waitUntil('the note', () => notes.length > 0);
  expect(notes).toEqual(['payments is not healthy after 120 s']);
});

it('a stack that stops leaves no process frozen, and starts none again', async () => {
  await inject('payments', 'freeze', 0.05);
  await inject('redis', 'stop', 0.05);
  faults.close();
  expect(done).toEqual(['froze payments', 'stopped redis', 'thawed payments']);
  const other = newFaults();
  await other.inject({ command: 'break', target: 'email', kind: 'freeze', seconds: 0.1 });
  await waitUntil('a later deadline', () => other.list().length === 0);
  expect(done).not.toContain('started redis');
});
