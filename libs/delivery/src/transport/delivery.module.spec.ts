import 'reflect-metadata';
import { Controller, Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Circuit } from '../circuit/circuit-breaker.js';
import type { IdempotencyStrategy } from '../idempotency-strategy.js';
import { aPayment } from '../testing/idempotency-contract.js';
import { DeliveryModule } from './delivery.module.js';

class Store {
  readonly done: string[] = [];
}

@Module({ providers: [Store], exports: [Store] })
class StoreModule {}

@Injectable()
class Circuits {
  readonly all: Circuit[];
  readonly ready = { store: async () => undefined };
  constructor(@Inject(Store) store: Store) {
    this.all = [new Circuit({ dependency: 'store', probe: async () => void store.done })];
  }
}

@Injectable()
class Strategy implements IdempotencyStrategy<unknown, Store> {
  readonly crashAfterEffect = 'may repeat';
  constructor(private readonly store: Store) {}
  async once(_: unknown, effect: (store: Store) => Promise<void>) {
    await effect(this.store);
    return 'applied' as const;
  }
}

@Injectable()
class Effect {
  async run(store: Store) {
    store.done.push('effect');
  }
}

@Controller()
class Consumer {
  constructor(
    private readonly strategy: Strategy,
    private readonly effect: Effect,
  ) {}
  async handle() {
    return await this.strategy.once(aPayment(), (store) => this.effect.run(store));
  }
}

it('wires strategy, effect, failure points and health from what differs between consumers', async () => {
  const reached: string[] = [];
  const delivery = DeliveryModule.forConsumer({
    name: 'search',
    circuits: Circuits,
    strategy: Strategy,
    effect: Effect,
    controller: Consumer,
    effectTimeoutMs: 1_000,
    imports: [{ module: StoreModule }],
    config: { KAFKA_BROKERS: ['nowhere:9092'], KAFKA_SESSION_TIMEOUT_MS: 6_000, APP_VERSION: 'v' },
    log: { info: () => undefined, warn: () => undefined },
    reach: (point) => reached.push(point),
    stateGuard: { canActivate: () => true },
  });
  const { imports, inject, useFactory } = DeliveryModule.health(delivery);
  const module = await Test.createTestingModule({
    imports,
    providers: [{ provide: 'health', inject, useFactory }],
  }).compile();
  await expect(module.get(Consumer, { strict: false }).handle()).resolves.toBe('applied');
  expect(module.get(Store, { strict: false }).done).toEqual(['effect']);
  expect(reached).toEqual(['before_effect', 'after_effect_before_mark']);
  const { live, ready } = module.get<ReturnType<typeof useFactory>>('health');
  expect(Object.keys(ready)).toEqual(['kafka', 'store']);
  await expect(live['fetching']?.(AbortSignal.timeout(100))).rejects.toThrow('not joined');
  await module.close();
});
