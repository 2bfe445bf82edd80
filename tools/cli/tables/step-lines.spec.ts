import { stepLines } from './step-lines.js';

function show(isTTY: boolean) {
  let text = '';
  const lines = stepLines({ isTTY, write: (part) => (text += part) }, 'replay');
  return { ...lines, text: () => text };
}

it('overwrites one line on a terminal, and ends it before the next step', () => {
  const { onStep, onProgress, text } = show(true);
  onProgress('records', 1);
  onProgress('records', 2);
  onStep('stopping');
  onProgress('records', 3, 3);
  onStep('done');
  expect(text()).toBe('\r1 records\r2 records\nreplay: stopping\n\r3 of 3 records\nreplay: done\n');
});

it('ends that line before a table is printed, once', () => {
  const { onProgress, endLine, text } = show(true);
  endLine();
  onProgress('records read', 6);
  endLine();
  endLine();
  expect(text()).toBe('\r6 records read\n');
});

it('elsewhere prints a line for ten thousand, and the last one once', () => {
  const { onProgress, text } = show(false);
  for (let done = 500; done <= 20_500; done += 500) onProgress('records', done, 20_500);
  onProgress('records', 20_500, 20_500);
  expect(text().trim().split('\n')).toEqual([
    'replay: 10000 of 20500 records',
    'replay: 20000 of 20500 records',
    'replay: 20500 of 20500 records',
  ]);
});
