import { ConsoleRefused } from '../clients/dlq-client.js';
import { explainRefusals, refusals } from './dlq-table.js';

const refused = [{ id: '3-17', why: 'loop_guard' }];

it('a refusal has one name: the same in a list of dead letters and in a refused request', () => {
  const listed = refusals({ refused, left: 0 });
  expect(listed).toMatch(/3-17.* \(loop_guard\): already redriven three times/);
  const error = new ConsoleRefused(409, {
    detail: 'Nothing was done: 3-17 (loop_guard).',
    refused,
  });
  expect(`${error.message}${explainRefusals(error.refused)}`).toMatch(
    /3-17 \(loop_guard\)\.\n\s+loop_guard: already redriven three times/,
  );
});
