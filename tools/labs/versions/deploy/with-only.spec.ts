import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../repository-root.js';
import { withOnly } from './with-only.js';

const source = readFileSync(
  join(repositoryRoot, 'libs', 'contracts', 'src', 'payment-completed-versions.ts'),
  'utf8',
);

it.each(['1', '2'])('leaves version %s alone in the list, and changes nothing else', (version) => {
  const changed = withOnly(version, source);
  expect(changed).toContain(`PAYMENT_COMPLETED_VERSIONS = [${version}] as const`);
  expect(changed.replace(`[${version}]`, '[1, 2]')).toBe(source);
});

it('reads the list as the build writes it', () => {
  expect(withOnly('1', 'export const PAYMENT_COMPLETED_VERSIONS = [\n    1,\n    2\n];')).toBe(
    'export const PAYMENT_COMPLETED_VERSIONS = [1];',
  );
});

it('refuses a list that it does not know, because N-1 would be N', () => {
  expect(() => withOnly('1', source.replace('[1, 2]', '[1, 2, 3]'))).toThrow('no list');
});
