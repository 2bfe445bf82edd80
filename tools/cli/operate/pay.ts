import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { readEnvironment } from '../../stack/environment.js';
import { appUrl } from '../clients/app-url.js';
import { demoToken } from '../clients/demo-token.js';
import { pay, PaymentsUnreachable, type PaymentResponse } from '../clients/payments-client.js';
import { userId } from '../clients/user-id.js';

interface Options {
  user: string;
  amount: number;
  currency: string;
  paymentMethod: string;
  times: number;
  order?: string;
  key?: string;
}

// Headers that are the same in every answer and do not concern the payment.
const HARDENING =
  /^(content-security-policy|cross-origin-|origin-agent|referrer-|strict-transport|x-|connection|keep-alive|date)/;

const command = new Command('npm run pay --')
  .description('Makes payments. Every retry of a payment has the same idempotency key.')
  .option('--user <id>', 'the customer who pays', userId, 'alice')
  .option('--amount <minor>', 'in minor units of the currency: 1299 is 12.99 EUR', whole, 1299)
  .option('--currency <code>', 'ISO 4217 code', 'EUR')
  .option('--payment-method <id>', 'a test card of the PSP', 'pm_card_visa')
  .option('--order <id>', 'the order to pay (default: a new order, or one derived from --key)')
  .option('--key <key>', 'the Idempotency-Key (default: a new key for each payment)')
  .option(
    '--times <n>',
    'number of payments; with --key, number of times to send the request',
    times,
    1,
  )
  .addHelpText(
    'after',
    '\nExamples:' +
      '\n  npm run pay -- --user alice --amount 1299' +
      '\n  npm run pay -- --key K1 --times 2              the same request twice: one charge' +
      '\n  npm run pay -- --payment-method pm_card_visa_chargeDeclined' +
      '\n\nExit code: 0 every payment is paid, 1 a payment is not.',
  )
  .parse();

try {
  process.exitCode = (await run(command.opts<Options>())) ? 0 : 1;
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const advice = error instanceof PaymentsUnreachable ? '; is it running? npm start' : '';
  process.stderr.write(`pay: ${message}${advice}\n`);
  process.exitCode = 1;
}

async function run(options: Options): Promise<boolean> {
  const environment = readEnvironment();
  const client = {
    url: appUrl(environment, 'PAYMENTS'),
    token: await demoToken(environment, { userId: options.user, role: 'customer' }),
    onRetry: (why: string, waitMs: number) =>
      process.stderr.write(pc.dim(`${why}; retry with the same key in ${waitMs} ms\n`)),
    random: Math.random,
    wait: delay,
  };
  let isAllPaid = true;
  for (let time = 1; time <= options.times; time += 1) {
    const idempotencyKey = options.key ?? randomUUID();
    const order = {
      // The same key needs the same body, also in a later run of this command.
      orderId: options.order ?? `order-${shortHash(idempotencyKey)}`,
      amountMinor: options.amount,
      currency: options.currency,
      paymentMethod: options.paymentMethod,
    };
    if (time > 1) console.log();
    console.log(pc.dim(`POST ${client.url}/v1/payments  Idempotency-Key: ${idempotencyKey}`));
    console.log(pc.dim(JSON.stringify(order)));
    const response = await pay(client, order, idempotencyKey);
    show(response);
    isAllPaid &&= response.status === 201;
  }
  return isAllPaid;
}

function show({ status, statusText, headers, body }: PaymentResponse): void {
  const colour = status < 300 ? pc.green : pc.red;
  console.log(colour(`HTTP/1.1 ${status} ${statusText}`));
  for (const [name, value] of headers) {
    if (!HARDENING.test(name)) console.log(`${pc.bold(titleCase(name))}: ${value}`);
  }
  console.log(`\n${body}`);
}

function titleCase(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function whole(text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number.');
}

function times(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be from 1 to 99999.');
}
