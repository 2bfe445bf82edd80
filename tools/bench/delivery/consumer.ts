import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeepErrorIdentity, LANES, type LaneExtras } from '@effectively-once/delivery';
import { Controller, UseFilters } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import type { ConsumerSettings, ConsumerMessage } from './consumer-process.js';
import { EFFECT_MS, type BenchRecord, type Effect } from './effects.js';
import { measuredTransport } from './transport.js';

/*
 * The measured consumer, as its own process: the same handler behind Nest's Kafka transport or
 * behind the lane transport. It reports every effect to its parent, and ends at SIGTERM.
 */

const TELL_EVERY_MS = 50;
const settings = JSON.parse(process.argv[2] ?? '') as ConsumerSettings;
const { topic } = settings;

let untold: Effect[] = [];
const tell = (told: ConsumerMessage) => process.send?.(told);
setInterval(() => {
  if (untold.length > 0) tell({ effects: untold });
  untold = [];
}, TELL_EVERY_MS);

async function work({ user, n, at, fails }: BenchRecord): Promise<'applied'> {
  await sleep(EFFECT_MS);
  if (fails) {
    tell({ failed: n });
    throw new Error('this record always fails');
  }
  const doneAtMs = performance.timeOrigin + performance.now();
  untold.push({ user, n, producedAtMs: at, doneAtMs });
  return 'applied';
}

const extras: LaneExtras = {
  decode: ({ value }) => {
    const record = JSON.parse(String(value)) as BenchRecord;
    return { ...record, id: String(record.n), time: new Date(record.at).toISOString() };
  },
};

@Controller()
@UseFilters(KeepErrorIdentity)
class BehindLanes {
  @EventPattern<string>(topic, LANES, extras)
  async handle(@Payload() record: BenchRecord): Promise<'applied'> {
    return await work(record);
  }
}

@Controller()
class BehindStock {
  @EventPattern<string>(topic)
  async handle(@Payload() record: BenchRecord): Promise<void> {
    await work(record);
  }
}

class Nothing {}
const app = await NestFactory.createMicroservice<MicroserviceOptions>(
  { module: Nothing, controllers: [settings.transport === 'lanes' ? BehindLanes : BehindStock] },
  { ...measuredTransport(settings, EFFECT_MS), logger: false },
);
await app.listen();
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
// If the parent is gone, no SIGTERM will come.
process.once('disconnect', () => process.exit(1));
