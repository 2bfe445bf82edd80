import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeepErrorIdentity, LANES, type LaneExtras } from '@effectively-once/delivery';
import type { KafkaRecord } from '@effectively-once/kafka';
import { Controller, UseFilters } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import { connectedProducer, sendAllTo } from '../../../bench/delivery/produce.js';
import { measuredTransport } from '../../../bench/delivery/transport.js';
import { endWithParent, OneByOne } from '../one-by-one.js';
import { FileLedger } from './file-ledger.js';
import {
  deadTopicOf,
  RETRY_AFTER_MS,
  RETRY_ATTEMPTS_MAX,
  retryTopicOf,
  type LabRecord,
  type RecordsSettings,
} from './lab-record.js';

/*
 * A consumer of the labs, as its own process. Its effect is a line in a ledger. It tells its parent
 * when it has joined its group.
 */

const settings = JSON.parse(process.argv[2] ?? '') as RecordsSettings;
const { way, brokers, topic, groupId, effectMs, jitterMs } = settings;
const EFFECT_TIMEOUT_MS = 1_000;
const ledger = new FileLedger(settings.ledgerFile);
const attempts = new Map<number, number>();
const decoded = ({ value }: KafkaRecord) => JSON.parse(String(value)) as LabRecord;

async function work({ user, n, at, failures = 0 }: LabRecord): Promise<'applied'> {
  await sleep(effectMs + Math.random() * jitterMs);
  const before = attempts.get(n) ?? 0;
  attempts.set(n, before + 1);
  if (failures < 0 || before < failures) throw new Error('this attempt fails');
  const doneAtMs = performance.timeOrigin + performance.now();
  ledger.append({ user, n, producedAtMs: at, doneAtMs });
  return 'applied';
}

const extras: LaneExtras = {
  decode: (record) => {
    const event = decoded(record);
    return { ...event, id: String(event.n), time: new Date(event.at).toISOString() };
  },
};

@Controller()
@UseFilters(KeepErrorIdentity)
class LabBehindLanes {
  @EventPattern<string>(topic, LANES, extras)
  async handle(@Payload() record: LabRecord): Promise<'applied'> {
    return await work(record);
  }
}

@Controller()
class LabBehindStock {
  @EventPattern<string>(topic)
  async handle(@Payload() record: LabRecord): Promise<void> {
    await work(record);
  }
}

class WithoutParts {}

/** @returns how to leave the group. */
async function joinWithNest(transport: 'lanes' | 'stock'): Promise<() => Promise<void>> {
  const asked = { brokers, topic, groupId, consumer: 'search' } as const;
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(
    {
      module: WithoutParts,
      controllers: [transport === 'lanes' ? LabBehindLanes : LabBehindStock],
    },
    { ...measuredTransport({ ...asked, transport }, EFFECT_TIMEOUT_MS), logger: false },
  );
  await app.listen();
  return () => app.close();
}

type Handle = (record: KafkaRecord, commit: () => Promise<void>) => Promise<void>;

async function joinOneByOne(topics: string[], handle: Handle): Promise<() => Promise<void>> {
  const memberName = `${groupId}-${process.pid}`;
  const consumer = new OneByOne({
    brokers,
    groupId,
    memberName,
    topics,
    inTurn: 'partition',
    handle,
  });
  await consumer.start();
  return () => consumer.leave();
}

/** The failure is logged and forgotten, as `catch` blocks in many handlers do. */
const skipping: Handle = async (record, commit) => {
  try {
    await work(decoded(record));
  } catch (error) {
    console.error(String(error));
  }
  await commit();
};

const asTheyCome: Handle = async (record, commit) => {
  await work(decoded(record));
  await commit();
};

/** A failed record goes to the retry topic, and its partition continues. */
async function joinWithRetryTopic(): Promise<() => Promise<void>> {
  const producer = await connectedProducer(brokers);
  const leave = await joinOneByOne([topic, retryTopicOf(topic)], async (record, commit) => {
    const event = decoded(record);
    if (record.topic !== topic) {
      await sleep(Math.max(0, record.timestampMs + RETRY_AFTER_MS - Date.now()));
    }
    try {
      await work(event);
    } catch {
      const isOver = (attempts.get(event.n) ?? 0) >= RETRY_ATTEMPTS_MAX;
      const next = isOver ? deadTopicOf(topic) : retryTopicOf(topic);
      await sendAllTo(producer, next, [{ key: event.user, value: event }]);
    }
    await commit();
  });
  return async () => {
    await leave();
    await producer.disconnect();
  };
}

async function join(): Promise<() => Promise<void>> {
  switch (way) {
    case 'stock':
    case 'lanes':
      return await joinWithNest(way);
    case 'skip':
      return await joinOneByOne([topic], skipping);
    case 'by partition':
      return await joinOneByOne([topic], asTheyCome);
    case 'retry topic':
      return await joinWithRetryTopic();
    default:
      return way satisfies never;
  }
}

endWithParent(await join());
process.send?.({ kind: 'joined' });
