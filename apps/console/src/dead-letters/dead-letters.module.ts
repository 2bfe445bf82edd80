import { AUTH_SECRET, failurePoints, type Logger } from '@effectively-once/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ConsoleConfig } from '../config.js';
import { Actions } from './actions.js';
import { DeadLettersBackground } from './dead-letters.background.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeadLetters } from './dead-letters.js';
import { READ_LETTER, readLetter, type ReadLetter } from './letter-record.js';
import { DeadLetterCommands } from './commands.js';

/** Fewer retries than usual, so that the operator soon learns that Kafka is away. */
const RETRIES_MAX = 4;

/** Ingests, lists, redrives and discards dead letters. */
@Module({})
export class DeadLettersModule {
  static register(config: ConsoleConfig, logger: Logger): DynamicModule {
    const reach = failurePoints('console', config.FAILURE_POINTS);
    const connection = {
      brokers: config.KAFKA_BROKERS,
      clientId: 'console.dead-letters',
      retriesMax: RETRIES_MAX,
    };
    return {
      module: DeadLettersModule,
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
          provide: DeadLetterCommands,
          inject: [DataSource, DeadLetters, DeadLettersBackground],
          useFactory: (
            database: DataSource,
            deadLetters: DeadLetters,
            background: DeadLettersBackground,
          ) =>
            new DeadLetterCommands(new Actions(database), deadLetters, () => {
              reach('after_action_recorded');
              background.wake();
            }),
        },
        {
          provide: READ_LETTER,
          useValue: ((consumer, at) => readLetter(connection, consumer, at)) satisfies ReadLetter,
        },
      ],
    };
  }
}
