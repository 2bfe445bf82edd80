import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentedLabs } from './documented-labs.js';
import { LabReports } from './labs.js';

const repositoryDocs = new URL('../../../../../docs/', import.meta.url).pathname;

const DOCUMENT = `# Labs

## one

**Claim.** One is less than
two. **Failure window:** between
one and two.

\`npm run lab -- one\`. It counts.

Measured (seed 7, 12 s, all claims hold; none lost):

What it does not show: three; what
comes after.

## How it works

No claim.
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'labs-'));
  mkdirSync(join(folder, 'docs', 'pictures', 'labs'), { recursive: true });
  writeFileSync(join(folder, 'docs', 'labs.md'), DOCUMENT);
  writeFileSync(join(folder, 'docs', 'pictures', 'labs', 'one.svg'), '<svg>documented</svg>');
});
afterEach(() => rmSync(folder, { recursive: true }));

const reportsFrom = (receipts: string | undefined) =>
  new LabReports({ receipts, documents: join(folder, 'docs') });
const reports = () => reportsFrom(join(folder, 'receipts'));

const receipt = {
  lab: 'one',
  at: '2026-11-30T10:00:00.000Z',
  seed: 42,
  seconds: 9.5,
  version: 'full',
  doesNotShow: ['four'],
  table: { head: ['a'], rows: [['1']] },
  claims: [
    { claim: 'one', value: 1, holds: true },
    { claim: 'two', value: null, holds: false },
  ],
};

function leaveReceipt(content: string, picture?: string): void {
  const run = join(folder, 'receipts', 'one');
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, 'receipt.json'), content);
  if (picture !== undefined) writeFileSync(join(run, 'picture.svg'), picture);
}

it('reads claim, window, limits and documented run of each section that has a claim', () => {
  expect(documentedLabs(DOCUMENT)).toEqual([
    {
      name: 'one',
      claim: 'One is less than two.',
      failureWindow: 'between one and two',
      doesNotShow: ['three', 'what comes after'],
      measured: 'seed 7, 12 s, all claims hold; none lost',
    },
  ]);
});

it('finds every lab of docs/labs.md with all its parts', () => {
  const text = readFileSync(join(repositoryDocs, 'labs.md'), 'utf8');
  const named = [...text.matchAll(/npm run lab -- ([a-z-]+)`\. /g)].map(([, name]) => name);
  const labs = documentedLabs(text);
  expect(labs.map(({ name }) => name)).toEqual(named);
  for (const lab of labs) {
    expect(lab.failureWindow).not.toBe('');
    expect(lab.doesNotShow).not.toEqual([]);
    expect(lab.measured).not.toBeNull();
  }
});

it('a lab that was not run here has no figures, and the picture of the documents', async () => {
  for (const each of [reports(), reportsFrom(undefined)]) {
    await expect(each.detail('one')).resolves.toMatchObject({
      run: null,
      documented: 'seed 7, 12 s, all claims hold; none lost',
      table: null,
      claims: [],
      pictureOf: 'documents',
    });
  }
});

it('shows the last run here, with its own picture and its broken claims', async () => {
  leaveReceipt(JSON.stringify(receipt), '<svg>run</svg>');
  const detail = await reports().detail('one');
  expect(detail).toMatchObject({
    run: { seed: 42, seconds: 9.5, version: 'full', claimsHeld: 1, claimsBroken: 1 },
    doesNotShow: ['four'],
    table: receipt.table,
    pictureOf: 'run',
  });
  expect(detail?.claims).toEqual(receipt.claims);
  await expect(reports().picture('one')).resolves.toEqual({ of: 'run', svg: '<svg>run</svg>' });
});

it.each([
  ['no JSON', '{'],
  ['another lab', JSON.stringify({ ...receipt, lab: 'two' })],
  ['no claims', JSON.stringify({ ...receipt, claims: undefined })],
  ['too large', JSON.stringify({ ...receipt, filler: 'x'.repeat(1024 * 1024) })],
])('shows nothing of a receipt that is %s', async (_, content) => {
  leaveReceipt(content, '<svg>run</svg>');
  await expect(reports().detail('one')).resolves.toMatchObject({
    run: null,
    claims: [],
    pictureOf: 'documents',
  });
});

it.each(['two', '../receipts/one', 'one/../one', '__proto__', ''])(
  'knows no lab %p, and reads no file of that name',
  async (name) => {
    leaveReceipt(JSON.stringify(receipt), '<svg>run</svg>');
    await expect(reports().detail(name)).resolves.toBeUndefined();
    await expect(reports().picture(name)).resolves.toBeUndefined();
  },
);
