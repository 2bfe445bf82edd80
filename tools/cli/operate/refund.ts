import { Command } from 'commander';
import { readEnvironment } from '../../stack/environment.js';
import { appUrl } from '../clients/app-url.js';
import { operatorToken } from '../clients/demo-token.js';

const TIMEOUT_MS = 30_000;
const EXIT_NOT_CLOSED = 1;
const HELP = `
Example:
  npm run refund -- close pi_3MmlLr --reason "bank transfer 4711 on 1 December"

Exit code: 0 closed; 1 not closed, and why. npm run audit counts a closed refund as made.`;

const program = new Command('npm run refund --')
  .description('Decides about refunds that the PSP cannot make.')
  .addHelpText('after', HELP);
program
  .command('close <capture>')
  .description('close a refund that the customer got in another way. Payments asks for no other')
  .requiredOption('--reason <text>', 'how the customer was paid; kept with $USER as your name')
  .action(close);
await program.parseAsync();

async function close(capture: string, { reason }: { reason: string }) {
  const environment = readEnvironment();
  const token = await operatorToken(environment);
  const path = `/internal/refunds/${encodeURIComponent(capture)}/close`;
  const response = await fetch(new URL(path, appUrl(environment, 'PAYMENTS')), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ reason }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = (await response.json()) as { detail?: string };
  if (response.ok) return console.log(`refund: ${capture} is closed, with your reason`);
  console.error(`refund: ${answer.detail ?? `payments answered ${response.status}`}`);
  process.exitCode = EXIT_NOT_CLOSED;
}
