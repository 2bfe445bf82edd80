import { files, read } from './source-tree.fixture.js';

/**
 * Words that came back in review after review. They hide the actor, or they are home-made where the
 * field has a term. In quotes and backticks they are names, and allowed.
 */
const TICS: [pattern: RegExp, reason: string][] = [
  [
    /\b(nobody|somebody|anybody|everybody|whoever|whom)\b/i,
    'name the client, consumer or operator',
  ],
  [/\b(shall|ought|hence|thus|lest)\b/i, 'plain English: must, should, so'],
  [/\b(is|are) (no more|not there any more)\b/i, 'say what happened to it'],
  [/\bdealt\b/i, 'partitions are assigned; an alert is handled'],
  [/\b(comes?|came) again\b/i, 'a record is redelivered'],
  [/\b(set aside|given up)\b/i, 'a record is dead-lettered'],
  [/\bcall(ed|s)? off\b/i, 'a wait is cancelled'],
  [/\b(outsiders?|outside world)\b/i, 'external systems'],
  [/\b(custody|suspicion|acquit\w*)\b/i, 'recovery state, poison-pill isolation, release'],
  [/\b(strikes?|mended|mends)\b/i, 'a fault is injected, and repaired'],
];

const THIS_FILE = 'tools/docs-lint/plain-english.spec.ts';
const texts = [...files, 'README.md'].filter(
  (file) => /\.(ts|mjs|md|ya?ml|conf|sql|html|css)$/.test(file) && file !== THIS_FILE,
);

function tics(text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const unquoted = line.replace(/`[^`]*`|'[\w./:@-]*'/g, '');
    return TICS.filter(([pattern]) => pattern.test(unquoted)).map(
      ([, reason]) => `${index + 1}: ${reason}: ${line.trim()}`,
    );
  });
}

it('uses no word that hides the actor or replaces a term of the field', () => {
  expect(texts.length).toBeGreaterThan(400);
  const found = texts.flatMap((file) => tics(read(file)).map((tic) => `${file}:${tic}`));
  expect(found).toEqual([]);
});

it('finds such a word, or the check above is blind', () => {
  expect(tics('// Nobody reads it.\nconst user = `nobody`;\nit was dealt anew')).toHaveLength(2);
});
