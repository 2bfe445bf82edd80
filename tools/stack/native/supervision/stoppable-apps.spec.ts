import { StoppableApps } from './stoppable-apps.js';

const LATER = 60_000;

let done: string[];
let notes: string[];
let apps: StoppableApps;

beforeEach(() => {
  done = [];
  notes = [];
  apps = newApps();
});
afterEach(() => apps.close());

const newApps = (app = theApp()) =>
  new StoppableApps(
    (name) => {
      if (name !== 'loyalty' && name !== 'search') throw new Error(`there is no app ${name}`);
      return app;
    },
    (note) => notes.push(note),
  );

function theApp(ended: Promise<void> = Promise.resolve()) {
  return {
    stop: async () => {
      await ended;
      done.push('ended');
    },
    startAgain: async () => void done.push('started'),
  };
}

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
};

it('stops an app and starts it again', async () => {
  await apps.stop('loyalty', LATER);
  await apps.start('loyalty');
  expect(done).toEqual(['ended', 'started']);
});

it('starts it at the deadline if no command does, and says so', async () => {
  await apps.stop('loyalty', 1);
  await until(() => done.length === 2);
  expect(done).toEqual(['ended', 'started']);
  expect(notes).toEqual([expect.stringContaining('loyalty was stopped by a command')]);
});

it('starts it once: a start before the deadline cancels the deadline', async () => {
  await apps.stop('loyalty', 5);
  await apps.start('loyalty');
  await apps.stop('search', 20);
  await until(() => notes.length > 0);
  expect(notes).toEqual([expect.stringContaining('search')]);
  expect(done.filter((one) => one === 'started')).toHaveLength(2);
});

it('starts it only after it has ended, also if the deadline comes first', async () => {
  let end = () => {};
  apps = newApps(theApp(new Promise((resolve) => (end = resolve))));
  const stopping = apps.stop('loyalty', 1);
  await until(() => notes.length > 0);
  expect(done).toEqual([]);
  end();
  await stopping;
  await until(() => done.length === 2);
  expect(done).toEqual(['ended', 'started']);
});

it('refuses to stop an app that another command has stopped', async () => {
  await apps.stop('loyalty', LATER);
  await expect(apps.stop('loyalty', LATER)).rejects.toThrow('another command has stopped loyalty');
  await apps.start('loyalty');
  await apps.stop('loyalty', LATER);
});

it('a start of an app that runs changes nothing', async () => {
  await apps.start('loyalty');
  expect(done).toEqual([]);
});

it('refuses an unknown name', async () => {
  await expect(apps.stop('postgres', LATER)).rejects.toThrow('there is no app postgres');
});

it('a stack that stops starts no app at its deadline', async () => {
  await apps.stop('loyalty', 5);
  apps.close();
  const other = newApps();
  await other.stop('search', 20);
  await until(() => notes.length > 0);
  expect(notes).toEqual([expect.stringContaining('search')]);
});
