import { ensureTopics } from '@effectively-once/kafka';
import { TOPICS } from '@effectively-once/contracts';
import { Redis } from 'ioredis';
import type { Lab, LabContext, LabResult, LabTable } from '../lab.js';
import { ExternalSystems } from '../process/product/external-systems.js';
import { ageRedis } from '../process/product/redis-of-email.js';
import {
  judgeOutage,
  judgeReceipt,
  judgeSweep,
  mailWindowClaims,
  type MailEvidence,
  type MailWindowOutcomes,
  type OutageOutcome,
  type SweepOutcome,
} from './judge-mails.js';
import { mailWindowPicture } from './mail-window-picture.js';
import { measureMails, type Measured } from './measure-mails.js';
import { stepTimes } from './network/wiretap.js';

export const mailWindow: Lab = {
  name: 'mail-window',
  claim:
    'With the marker after the mail, a kill doubles a receipt only between the end of its content ' +
    'and its marker, and each doubled receipt has evidence; a marker before the mail loses instead.',
  failureWindow: 'from the end of DATA until the deduplication marker is written',
  doesNotShow: [
    'How often it happens: the network is slowed down here, so that the window is wide enough to hit.',
    'An answer of the mail provider that is lost without a crash: it opens the same window for longer.',
    'A Redis that loses markers (failover, eviction): then a redelivered receipt is mailed again.',
    'What the customer sees: both mails have one Message-ID, and some mailboxes show only one.',
  ],
  minutes: 5,
  servers: ['kafka', 'redis'],
  run,
};

async function run(context: LabContext): Promise<LabResult> {
  await ensureTopics({ brokers: context.brokers, clientId: 'lab', topics: TOPICS });
  const redis = new Redis(context.redisUrl, { maxRetriesPerRequest: 1 });
  const systems = await ExternalSystems.start(context);
  try {
    await ageRedis(redis);
    const measured = await measureMails(context, systems, redis);
    return resultOf(measured, await evidenceOf(systems, redis));
  } finally {
    await systems.stop();
    await redis.quit();
  }
}

type Known = MailEvidence & { mailedAt: (paymentId: string) => Date | undefined };

/** From outside: the provider's journal, and the stream of possible duplicates. */
async function evidenceOf(systems: ExternalSystems, redis: Redis): Promise<Known> {
  const times = new Map<string, Date[]>();
  for (const { paymentId, at } of await systems.mails()) {
    if (paymentId === null) continue;
    times.set(paymentId, [...(times.get(paymentId) ?? []), new Date(at)]);
  }
  const entries = await redis.xrange('email:maybe-duplicate', '-', '+');
  const declared = new Set(entries.flatMap(([, fields]) => fields));
  return {
    mailsOf: (id) => times.get(id)?.length ?? 0,
    mailedAt: (id) => times.get(id)?.[0],
    hasEvidence: (id) => declared.has(id),
  };
}

function resultOf({ swept, kills, outages, calm }: Measured, known: Known): LabResult {
  const judged = {
    product: swept.product.map((one) => judgeReceipt(one, known)),
    markerFirst: swept.markerFirst.map((one) => judgeReceipt(one, known)),
  };
  const outcomes: MailWindowOutcomes = {
    product: judgeSweep(judged.product, { window: 'content sent', kills: kills.product }),
    markerFirst: judgeSweep(judged.markerFirst, { window: 'claimed', kills: kills.markerFirst }),
    failClosed: judgeOutage(outages.failClosed, known),
    failOpen: judgeOutage(outages.failOpen, known),
  };
  const times = {
    product: stepTimes(swept.product.map(({ steps }) => steps)),
    markerFirst: stepTimes(swept.markerFirst.map(({ steps }) => steps)),
  };
  const windowMs = calm.markedMs - calm.contentMs;
  return {
    table: tableOf(outcomes),
    figures: {
      'window without the delay, ms': Math.round(windowMs * 10) / 10,
      'claim to marker without the delay, ms': Math.round(calm.markedMs * 10) / 10,
      'killed inside the window': outcomes.product.inWindow,
      'evidence without a second mail': outcomes.product.evidenceWithoutDouble,
      'fail closed: latest mail, ms': outcomes.failClosed.latestMs,
      'fail open: latest mail, ms': outcomes.failOpen.latestMs,
    },
    claims: mailWindowClaims(outcomes),
    picture: mailWindowPicture({ judged, times, outcomes, windowMs }),
  };
}

function tableOf({ product, markerFirst, failClosed, failOpen }: MailWindowOutcomes): LabTable {
  const sweep = (name: string, one: SweepOutcome) => [
    name,
    `${one.kills} kills`,
    ...[one.receipts, one.inWindow, one.doubled, one.doubledWithoutEvidence, one.lost].map(String),
    '',
  ];
  const outage = (name: string, one: OutageOutcome) => [
    name,
    `Redis away ${seconds(one.awayMs)}`,
    String(one.payments * 2),
    '',
    ...[one.doubled, one.doubledWithoutEvidence, one.lost].map(String),
    seconds(one.latestMs),
  ];
  return {
    head: [
      'way',
      'failure',
      'receipts',
      'hit inside the window',
      'doubled',
      'doubled without evidence',
      'lost',
      'latest mail',
    ],
    rows: [
      sweep('marker after the mail (email)', product),
      sweep('marker first', markerFirst),
      outage('fail closed (email)', failClosed),
      outage('fail open', failOpen),
    ],
  };
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
