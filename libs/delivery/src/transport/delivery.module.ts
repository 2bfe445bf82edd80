import {
  decodePaymentCompleted,
  type ConsumerName,
  type PaymentCompleted,
} from '@effectively-once/contracts';
import { headerTexts, pingBroker } from '@effectively-once/kafka';
import {
  Module,
  type CanActivate,
  type DynamicModule,
  type INestApplication,
  type Provider,
  type Type,
} from '@nestjs/common';
import type { Circuit } from '../circuit/circuit-breaker.js';
import type { IdempotencyStrategy } from '../idempotency-strategy.js';
import { withFailurePoints, type ReachDeliveryPoint } from './failure-points.js';
import type { DeliveryLog } from './delivery-log.js';
import type { LaneExtras } from './handler.js';
import { LaneTransport } from './lane-transport.js';
import { ConsumerStateController, STATE_GUARD } from './state/state.controller.js';

/** `@EventPattern(PAYMENT_COMPLETED, LANES, paymentCompletedDecoder)` */
export const paymentCompletedDecoder: LaneExtras = {
  decode: (record) => decodePaymentCompleted({ ...record, headers: headerTexts(record) }),
};

type Probe = (signal: AbortSignal) => Promise<void>;

/** The dependencies of one consumer: the servers that its effect needs. */
export interface ConsumerCircuits {
  /** One circuit breaker for each dependency. */
  readonly all: readonly Circuit[];
  /** Readiness probes, by the name of the dependency. */
  readonly ready: Readonly<Record<string, Probe>>;
}

/** Everything that differs between two consumers. Nest creates the four classes. */
export interface ConsumerWiring {
  /** Also the consumer group. */
  name: ConsumerName;
  circuits: Type<ConsumerCircuits>;
  strategy: Type<IdempotencyStrategy<PaymentCompleted, unknown>>;
  /** The class with the effect that the strategy surrounds. */
  effect: Type;
  /** The controller whose `@EventPattern` method calls the strategy with the effect. */
  controller: Type;
  /** The sum of the time limits of all that one attempt waits for. */
  effectTimeoutMs: number;
  /** The modules and providers that the four classes inject. */
  imports?: DynamicModule[];
  providers?: Provider[];
  config: { KAFKA_BROKERS: string[]; KAFKA_SESSION_TIMEOUT_MS: number; APP_VERSION: string };
  log: DeliveryLog;
  reach: ReachDeliveryPoint;
  /** Lets the console, and no other caller, read the consumer's state. */
  stateGuard: CanActivate;
}

class ConsumerHealth {
  constructor(
    readonly live: Record<string, Probe>,
    readonly ready: Record<string, Probe>,
  ) {}
}

const BARE_STRATEGY = Symbol('the strategy without failure points');

/** Wires one idempotent consumer: its transport, strategy, effect, circuit breakers and health. */
@Module({})
export class DeliveryModule {
  static forConsumer(wiring: ConsumerWiring): DynamicModule {
    const { circuits, strategy, effect, controller, imports = [], providers = [], reach } = wiring;
    return {
      module: DeliveryModule,
      imports,
      controllers: [controller, ConsumerStateController],
      providers: [
        ...providers,
        { provide: STATE_GUARD, useValue: wiring.stateGuard },
        circuits,
        effect,
        { provide: BARE_STRATEGY, useClass: strategy },
        {
          provide: strategy,
          inject: [BARE_STRATEGY],
          useFactory: (bare: IdempotencyStrategy<PaymentCompleted, unknown>) =>
            withFailurePoints(bare, reach),
        },
        {
          provide: LaneTransport,
          inject: [circuits],
          useFactory: ({ all }: ConsumerCircuits) => transportOf(wiring, all),
        },
        {
          provide: ConsumerHealth,
          inject: [LaneTransport, circuits],
          useFactory: (transport: LaneTransport, { ready }: ConsumerCircuits) =>
            healthOf(wiring, transport, ready),
        },
      ],
      exports: [ConsumerHealth],
    };
  }

  /** The options of a health module for a consumer of `forConsumer`. */
  static health(consumer: DynamicModule) {
    return {
      imports: [consumer],
      inject: [ConsumerHealth],
      useFactory: ({ live, ready }: ConsumerHealth) => ({ live, ready }),
    };
  }

  /** Joins the consumer group. The handlers receive records from now on. */
  static async join(app: INestApplication): Promise<void> {
    app.connectMicroservice({ strategy: app.get(LaneTransport) });
    await app.startAllMicroservices();
  }
}

function transportOf(wiring: ConsumerWiring, circuits: readonly Circuit[]): LaneTransport {
  const { name, config, effectTimeoutMs, reach, log } = wiring;
  return new LaneTransport({
    brokers: config.KAFKA_BROKERS,
    consumer: name,
    effectTimeoutMs,
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    circuits: [...circuits],
    reach,
    appVersion: config.APP_VERSION,
    log,
  });
}

function healthOf(
  { name, config }: ConsumerWiring,
  transport: LaneTransport,
  dependencies: ConsumerCircuits['ready'],
): ConsumerHealth {
  const kafka = { brokers: config.KAFKA_BROKERS, clientId: `${name}.health` };
  return new ConsumerHealth(
    { fetching: async () => transport.assertFetching() },
    { kafka: () => pingBroker(kafka), ...dependencies },
  );
}
