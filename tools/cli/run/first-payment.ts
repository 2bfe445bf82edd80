import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { readEnvironment, type Environment } from '../../stack/environment.js';
import { appUrl } from '../clients/app-url.js';
import { demoToken } from '../clients/demo-token.js';
import { pay } from '../clients/payments-client.js';

const USER = 'demo';
const AMOUNT_MINOR = 1299;
const EFFECT_DEADLINE_MS = 60_000;
const ASK_EVERY_MS = 50;

/**
 * Makes one payment and waits for its three effects. Prints a line for the payment and a line for
 * each effect, with the milliseconds since the request.
 * @throws Error if the payment does not complete, or an effect is missing after a minute.
 */
export async function showFirstPayment(options: {
  environment: Environment;
  print: (line: string) => void;
}): Promise<void> {
  const { environment, print } = options;
  const token = await demoToken(environment, { userId: USER, role: 'customer' });
  const orderId = `first-${randomUUID().slice(0, 8)}`;
  const startedAt = performance.now();
  const line = (name: string, what: string) => {
    const elapsedMs = `${Math.round(performance.now() - startedAt)} ms`;
    print(`  ${pc.green('✔')} ${name.padEnd(8)} ${what.padEnd(52)} ${elapsedMs.padStart(9)}`);
  };

  const payments = appUrl(environment, 'PAYMENTS');
  const response = await pay(
    {
      url: payments,
      token,
      onRetry: (why) => print(`  … ${why}`),
      random: Math.random,
      wait: delay,
    },
    { orderId, amountMinor: AMOUNT_MINOR, currency: 'EUR', paymentMethod: 'pm_card_visa' },
    randomUUID(),
  );
  if (response.status !== 201)
    throw new Error(`the payment was answered with ${response.status}: ${response.body}`);
  const { id } = JSON.parse(response.body) as { id: string };
  line('payment', `12.99 EUR, ${id}`);

  const get = <Body>(url: string) => getJson<Body>(url, token);
  await Promise.all([
    waitForEffect('receipt', async () => {
      const mails = `${appUrl(environment, 'THIRD_PARTIES')}/_journal/mails?paymentId=${id}`;
      const { entries } = await get<{ entries: { to: string }[] }>(mails);
      return entries[0] && `mailed to ${entries[0].to}`;
    }),
    waitForEffect('points', async () => {
      const points = `${appUrl(environment, 'LOYALTY')}/v1/users/${encodeURIComponent(USER)}/points`;
      const { balance, entries } = await get<Points>(points);
      const entry = entries.find(({ paymentId }) => paymentId === id);
      return entry && `${entry.points} awarded, balance ${balance}`;
    }),
    waitForEffect('search', async () => {
      const search = `${appUrl(environment, 'SEARCH')}/v1/search?q=${orderId}`;
      const { items } = await get<{ items: { paymentId: string }[] }>(search);
      return items.some(({ paymentId }) => paymentId === id) && `found by its order id ${orderId}`;
    }),
  ]);

  async function waitForEffect(name: string, look: () => Promise<string | false | undefined>) {
    line(name, await waitFor(name, look));
  }
}

interface Points {
  balance: number;
  entries: { paymentId: string; points: number }[];
}

async function waitFor(
  name: string,
  look: () => Promise<string | false | undefined>,
): Promise<string> {
  const deadline = performance.now() + EFFECT_DEADLINE_MS;
  let last: unknown;
  while (performance.now() < deadline) {
    // The service of the effect may still be starting. Only the deadline ends the wait.
    const found = await look().catch((error: unknown) => void (last = error));
    if (found) return found;
    await delay(ASK_EVERY_MS);
  }
  throw new Error(`the ${name} is missing after ${EFFECT_DEADLINE_MS / 1_000} s`, {
    cause: last,
  });
}

async function getJson<Body>(url: string, token: string): Promise<Body> {
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as Body;
}

const isCommand =
  process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
if (isCommand) {
  try {
    await showFirstPayment({ environment: readEnvironment(), print: console.log });
  } catch (error) {
    process.stderr.write(
      `first-payment: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}
