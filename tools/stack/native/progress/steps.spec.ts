import { runSteps, type Step } from './steps.js';

const options = { signal: new AbortController().signal, onEvent: () => undefined };

it('runs a step as soon as its own predecessors are done', async () => {
  const order: string[] = [];
  let finishSlow = () => {};
  const slow = new Promise<void>((resolve) => (finishSlow = resolve));
  const steps: Step[] = [
    { name: 'slow', after: [], run: () => slow.then(() => void order.push('slow')) },
    { name: 'quick', after: [], run: async () => void order.push('quick') },
    {
      name: 'after quick',
      after: ['quick'],
      run: async () => {
        order.push('after quick');
        finishSlow();
      },
    },
  ];
  await runSteps(steps, options);
  expect(order).toEqual(['quick', 'after quick', 'slow']);
});

it('the first failure aborts running steps, starts no other step, and is thrown', async () => {
  const order: string[] = [];
  const steps: Step[] = [
    {
      name: 'waits',
      after: [],
      run: (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            order.push('aborted');
            reject(new Error('aborted'));
          }),
        ),
    },
    { name: 'fails', after: [], run: () => Promise.reject(new Error('port taken')) },
    { name: 'later', after: ['waits'], run: async () => void order.push('later') },
  ];
  await expect(runSteps(steps, options)).rejects.toThrow('port taken');
  expect(order).toEqual(['aborted']);
});

it('throws a failure only after all steps have ended', async () => {
  let ended = false;
  const steps: Step[] = [
    { name: 'fails', after: [], run: () => Promise.reject(new Error('no')) },
    {
      name: 'cannot be aborted',
      after: [],
      run: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        ended = true;
      },
    },
  ];
  await expect(runSteps(steps, options)).rejects.toThrow('no');
  expect(ended).toBe(true);
});

it('rejects a step that waits for an unknown step', async () => {
  const steps = [{ name: 'consumer', after: ['brokre'], run: async () => undefined }];
  await expect(runSteps(steps, options)).rejects.toThrow('no step is called brokre');
});
