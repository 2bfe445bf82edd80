import type { Connections } from '@effectively-once/audit';
import { AUTH_SECRET, failurePoints, type Logger } from '@effectively-once/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ConsoleConfig } from '../config.js';
import { CONNECTIONS } from '../control-room/payments/payments.module.js';
import { DeadLetterCauses } from './causes.js';
import { Actions } from './commands/actions.js';
import { DeadLetterCommands } from './commands/commands.js';
import { forecastEffects } from './commands/forecast-effects.js';
import { DeadLettersBackground } from './dead-letters.background.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeadLetters } from './dead-letters.js';
import { READ_LETTER, readLetter, type ReadLetter } from './letter-record.js';

/** Fewer retries than usual, so that the operator soon learns that Kafka is away. */
const RETRIES_MAX = 4;

/** Ingests, lists, redrives and discards dead letters. */
@Module({})
export class DeadLettersModule {
  /** @param stores the module with the connections to every store: a dry run asks them. */
  static register(config: ConsoleConfig, logger: Logger, stores: DynamicModule): DynamicModule {
    const reach = failurePoints('console', config.FAILURE_POINTS);
    const connection = {
      brokers: config.KAFKA_BROKERS,
      clientId: 'console.dead-letters',
      retriesMax: RETRIES_MAX,
    };
    return {
      module: DeadLettersModule,
      imports: [stores],
      controllers: [DeadLettersController],
      providers: [
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        {
          provide: DeadLettersBackground,
          inject: [DataSource],
          useFactory: (database: DataSource) =>
            new DeadLettersBackground(database, { ...connection, reach, logger }),
        },
        {
          provide: DeadLetters,
          inject: [DataSource],
          useFactory: (database: DataSource) => new DeadLetters(database),
        },
        {
          provide: DeadLetterCauses,
          inject: [DataSource],
          useFactory: (database: DataSource) => new DeadLetterCauses(database),
        },
        {
          provide: DeadLetterCommands,
          inject: [DataSource, DeadLetters, DeadLettersBackground, CONNECTIONS],
          useFactory: (
            database: DataSource,
            deadLetters: DeadLetters,
            background: DeadLettersBackground,
            connections: Connections,
          ) => {
            const forecast = forecastEffects(connections, Date.now);
            return new DeadLetterCommands(new Actions(database), deadLetters, forecast, () => {
              reach('after_action_recorded');
              background.wake();
            });
          },
        },
        {
          provide: READ_LETTER,
          useValue: ((consumer, at) => readLetter(connection, consumer, at)) satisfies ReadLetter,
        },
      ],
    };
  }
}
