import type { Scenario } from './scenario.js';
import { breaking, breakNow, untilRepaired } from './breaking.js';
import { paid, untilAllIsThere } from './steps.js';

const DECLINED = 'pm_card_visa_chargeDeclined';

export const CHECKOUT_STORIES: readonly Scenario[] = [
  {
    name: 'double-click',
    title: 'A double click on Pay',
    behaviour: 'Two requests with one Idempotency-Key leave the browser at the same moment.',
    demonstrates: 'An idempotency key claims the payment before the PSP is asked.',
    success: 'One charge, and both requests get the same bytes.',
    proof: 'The payment has one capture; the second answer carries Idempotent-Replayed.',
    breaks: [],
    async run(world) {
      const purchase = world.purchase();
      await world.step('Two requests at the same moment', async (step) => {
        const [first, second] = await Promise.all([world.pay(purchase), world.pay(purchase)]);
        world.expect(
          first.status === 201 && second.status === 201,
          `${first.status} and ${second.status} in place of two 201`,
        );
        world.expect(first.text === second.text, 'the bytes of the two answers differ');
        step.paymentIds = [first.id];
        return '201 and 201, the same bytes';
      });
      await untilAllIsThere(world);
    },
  },
  {
    name: 'lost-answer',
    title: 'The answer gets lost',
    behaviour: 'The customer’s connection breaks after the request was sent.',
    demonstrates: 'A client may repeat a request of which it does not know the outcome.',
    success: 'The repetition gets the answer of the one charge.',
    proof: 'One capture at the PSP, whether or not the first request had reached payments.',
    breaks: [],
    async run(world) {
      const purchase = world.purchase();
      await world.step('A request whose answer the client does not read', async () => {
        await world.request(purchase, { withinMs: 25 });
        return 'the connection was closed after 25 ms';
      });
      await paid(world, 'The same request again, with the same key', purchase);
      await untilAllIsThere(world);
    },
  },
  {
    name: 'declined',
    title: 'The card is declined',
    behaviour: 'The PSP declines the card. The customer takes another one.',
    demonstrates: 'A refusal is stored and replayed like a success. The order stays free.',
    success: '402 twice with the same bytes and no charge; another key pays the order.',
    proof: 'The declined payment has no event, no receipt and no points.',
    breaks: [],
    async run(world) {
      const purchase = world.purchase({ paymentMethod: DECLINED });
      await world.step('A card that is declined, twice with one key', async () => {
        const first = await world.pay(purchase);
        const again = await world.pay(purchase);
        world.expect(first.status === 402, `it was answered ${first.status}`);
        world.expect(first.text === again.text, 'the bytes of the two answers differ');
        return '402 and 402, the same bytes';
      });
      const { key, paymentMethod: _, ...same } = purchase;
      const second = { ...same, key: `${key}-2` };
      await paid(world, 'Another card and another key for the same order', second);
      await untilAllIsThere(world);
    },
  },
  {
    name: 'psp-charges-and-hangs',
    title: 'The PSP charges and does not answer',
    behaviour: 'The card is charged, and the answer of the PSP never comes.',
    demonstrates: 'An unknown outcome is not a failure: the completer rolls forward.',
    success: '202 UNKNOWN, then the same key gets the 201 of the one charge.',
    proof: 'One capture. The completer repeated the request with the same PSP key.',
    breaks: ['psp'],
    async run(world) {
      const purchase = world.purchase();
      const fault = { target: 'psp', kind: 'charge_then_hang', seconds: 12 };
      await breaking(world, 'The PSP charges and hangs, for 12 s', fault);
      await world.step('A checkout', async () => {
        const answer = await world.request(purchase);
        world.expect(answer?.status === 202, `it was answered ${answer?.status ?? 'by nothing'}`);
        return '202 UNKNOWN';
      });
      await paid(world, 'The same key, until the answer is final', purchase);
      await untilRepaired(world, 'psp');
      await untilAllIsThere(world);
    },
  },
  {
    name: 'payments-killed',
    title: 'Payments is killed between charge and finalize',
    behaviour: 'kill -9 hits payments after the PSP has charged and before it is written down.',
    demonstrates: 'The claim survives the process. Its successor finishes the payment.',
    success: 'The same key gets the 201 of the one charge.',
    proof: 'One capture, found again with the same PSP key.',
    breaks: ['payments'],
    async run(world) {
      const purchase = world.purchase();
      await world.step('Payments dies at its next charge', async (step) => {
        await breakNow(world, step, {
          target: 'payments',
          kind: 'kill_at',
          point: 'after_psp_answer',
          seconds: 30,
        });
        return 'armed';
      });
      await world.step('A checkout', async () => {
        const answer = await world.request(purchase);
        world.expect(answer === undefined, `it was answered ${answer?.status}`);
        return 'no answer: the process is dead';
      });
      await paid(world, 'The same key, until the answer is final', purchase);
      await untilRepaired(world, 'payments');
      await untilAllIsThere(world);
    },
  },
];
