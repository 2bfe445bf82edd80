import Table from 'cli-table3';
import { boundsOf, type Lab, type LabReceipt, type LabTable } from '../lab.js';

const PLAIN = { head: [], border: [] };

/** A receipt as text: the table, each claim with its bounds, and what it does not show. */
export function labReport(receipt: LabReceipt): string {
  const { lab, version, seed, seconds, machine } = receipt;
  return [
    `${lab} (${version}, seed ${seed}, ${seconds} s, ${machine.cores} cores)`,
    textTable(receipt.table),
    `failure window: ${receipt.failureWindow}`,
    '',
    ...receipt.claims.map(claimLine),
    '',
    'what this does not show:',
    ...receipt.doesNotShow.map((one) => `  - ${one}`),
  ].join('\n');
}

/** The list of `npm run lab`. */
export function labList(labs: readonly Lab[]): string {
  const rows = labs.map(({ name, minutes, claim }) => [name, String(minutes), claim]);
  const table = new Table({
    head: ['lab', 'min', 'claim'],
    style: PLAIN,
    colWidths: [16, 5, 80],
    wordWrap: true,
  });
  table.push(...rows);
  return table.toString();
}

/** A Markdown page of several receipts, with links to their pictures, to read after `lab all`. */
export function labSummary(receipts: readonly LabReceipt[]): string {
  const parts = receipts.map((receipt) =>
    [
      `## ${receipt.lab}`,
      '',
      receipt.claim,
      '',
      `![${receipt.lab}](${receipt.lab}/picture.svg)`,
      '',
      markdownTable(receipt.table),
      '',
      ...receipt.claims.map((claim) => `- ${claimLine(claim).trim()}`),
      '',
      `Failure window: ${receipt.failureWindow}. Seed ${receipt.seed}, ${receipt.seconds} s, ` +
        `${receipt.version} version, ${receipt.at}.`,
      '',
      'What this does not show:',
      '',
      ...receipt.doesNotShow.map((one) => `- ${one}`),
    ].join('\n'),
  );
  return `# Labs\n\n${parts.join('\n\n')}\n`;
}

/** In rows of Markdown. */
export function markdownTable({ head, rows }: LabTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function textTable({ head, rows }: LabTable): string {
  const table = new Table({ head, style: PLAIN });
  table.push(...rows);
  return table.toString();
}

function claimLine(claim: LabReceipt['claims'][number]): string {
  const value = Number(claim.value.toFixed(2));
  return `  ${claim.holds ? 'holds' : 'FAILS'}  ${claim.claim}: ${value} (${boundsOf(claim)})`;
}
