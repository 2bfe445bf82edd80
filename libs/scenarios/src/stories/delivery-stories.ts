import type { Scenario } from './scenario.js';
import { breaking, repairBroken, untilRepaired } from './breaking.js';
import { untilAllIsThere } from './steps.js';
import type { Consumer, StoryWorld } from './world.js';

const PAYMENTS = 4;

export const DELIVERY_STORIES: readonly Scenario[] = [
  {
    name: 'debezium-killed',
    title: 'Debezium is killed while it publishes',
    behaviour: 'kill -9 hits Kafka Connect between two payments.',
    demonstrates: 'Transactional outbox and change data capture: no event is lost.',
    success: 'Every effect is there, once.',
    proof: 'The connector resumes from its stored offset; duplicates are recognised.',
    breaks: ['connect'],
    byHand: true,
    async run(world) {
      await paying(world);
      await breaking(world, 'Connect dies by kill -9', {
        target: 'connect',
        kind: 'kill',
        seconds: 5,
      });
      await paying(world);
      await recovered(world, 'connect');
    },
  },
  {
    name: 'kafka-restarted',
    title: 'Kafka is away',
    behaviour: 'The broker stops for 8 s while payments come in.',
    demonstrates: 'Checkout does not depend on Kafka: the outbox waits.',
    success: 'Payments are paid while it is away, and every effect is there, once.',
    proof: 'The payments are COMPLETED before the broker is back.',
    breaks: ['kafka'],
    byHand: true,
    async run(world) {
      await breaking(world, 'Kafka stops for 8 s', { target: 'kafka', kind: 'stop', seconds: 8 });
      await paying(world);
      await recovered(world, 'kafka');
    },
  },
  {
    name: 'redis-away',
    title: 'Redis is away',
    behaviour: 'Redis stops for 15 s. Email cannot claim a receipt.',
    demonstrates: 'Fail closed, bulkheads and a circuit breaker: one store stops one consumer.',
    success: 'Points and documents go on; the receipts come later, each once.',
    proof: 'Receipts are due while points are done. Email’s circuit opens on the overview.',
    breaks: ['redis'],
    byHand: true,
    run: (world) => storeAway(world, 'redis', 'stop', 'email', ['loyalty', 'search']),
  },
  {
    name: 'loyalty-database-away',
    title: 'Loyalty’s database is away',
    behaviour: 'Loyalty’s connections to its database are refused for 15 s.',
    demonstrates: 'A circuit breaker pauses one consumer and un-counts its attempts.',
    success: 'Receipts and documents go on; the points come later, each once.',
    proof: 'No dead letter, although the outage is longer than an attempt.',
    breaks: ['loyalty-database'],
    byHand: true,
    run: (world) => storeAway(world, 'loyalty-database', 'refuse', 'loyalty', ['email', 'search']),
  },
  {
    name: 'every-mailbox-refuses',
    title: 'The mail provider refuses every mail',
    behaviour: 'The provider answers 451 to every mail for 15 s.',
    demonstrates: 'Failures of different users in a row are an outage and no dead letters.',
    success: 'The receipts come later, each once; points and documents go on.',
    proof: 'No dead letter. The attempts of the outage are not counted.',
    breaks: ['smtp'],
    run: (world) => storeAway(world, 'smtp', '451', 'email', ['loyalty', 'search']),
  },
  {
    name: 'zombie-consumer',
    title: 'A consumer becomes a zombie',
    behaviour: 'Loyalty freezes for 20 s, longer than its session, and wakes up.',
    demonstrates: 'Rebalance, zombie member and fencing by the inbox row.',
    success: 'Every payment has its points, once.',
    proof: 'The group has given its partitions away meanwhile; the inbox absorbs what is repeated.',
    breaks: ['loyalty'],
    byHand: true,
    async run(world) {
      await breaking(world, 'Loyalty freezes for 20 s', {
        target: 'loyalty',
        kind: 'freeze',
        seconds: 20,
      });
      await paying(world);
      await recovered(world, 'loyalty');
    },
  },
  {
    name: 'one-mailbox-refuses',
    title: 'One mailbox is refused: page, repair, redrive',
    behaviour: 'The provider answers 550 for one customer, until the mailbox is repaired.',
    demonstrates: 'Dead letter queue, an alert, and a redrive by an operator.',
    success: 'Others get their receipts at once; the refused one after the redrive, once.',
    proof: 'The pager got a page, and the dead letter is redriven.',
    breaks: ['smtp'],
    run: oneMailbox,
  },
];

async function paying(world: StoryWorld): Promise<string[]> {
  let ids: string[] = [];
  await world.step(`${PAYMENTS} customers pay`, async (step) => {
    ids = await world.payments(PAYMENTS);
    step.paymentIds = ids;
    return `${PAYMENTS} times 201`;
  });
  return ids;
}

async function recovered(world: StoryWorld, target: string): Promise<void> {
  await world.step('It is repaired', async (step) => {
    await untilRepaired(world, target, step);
    return 'it works again';
  });
  await untilAllIsThere(world);
}

/** One consumer loses its store, and the two others go on. */
async function storeAway(
  world: StoryWorld,
  target: string,
  kind: string,
  waits: Consumer,
  others: Consumer[],
): Promise<void> {
  await breaking(world, `${target} is away for 15 s`, { target, kind, seconds: 15 });
  const ids = await paying(world);
  await world.step(`${others.join(' and ')} go on`, async () => {
    for (const other of others) await world.untilEffects(ids, other, 'done');
    const [first = ''] = ids;
    return `done; ${waits} of the first payment: ${(await world.effectsOf(first))[waits]}`;
  });
  await recovered(world, target);
}

async function oneMailbox(world: StoryWorld): Promise<void> {
  const unlucky = world.purchase();
  const address = world.addressOf(unlucky);
  let refusedId = '';
  let letter = '';
  const fault = { target: 'smtp', kind: '550', address, seconds: 240 };
  await breaking(world, 'One mailbox is refused', fault);
  await world.step('Its customer pays, and others do', async (step) => {
    const [answer, others] = await Promise.all([world.pay(unlucky), world.payments(PAYMENTS)]);
    refusedId = answer.id;
    await world.untilEffects(others, 'email', 'done');
    step.paymentIds = [refusedId, ...others];
    return 'the others have their receipts';
  });
  await world.step('The refused receipt is a dead letter', async () => {
    letter = await world.deadLetterOf(refusedId);
    return `dead letter ${letter}`;
  });
  await world.step('The operator is paged', async () => await world.untilPaged('email'));
  await world.step('The mailbox is repaired, and the dead letter redriven', async () => {
    await repairBroken(world, 'smtp');
    await world.redrive(letter);
    return 'redriven';
  });
  await untilAllIsThere(world);
}
