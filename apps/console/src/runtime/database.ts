import { postgresOptions } from '@effectively-once/postgres';
import { DataSource } from 'typeorm';
import { Console1795219200001 } from '../migrations/1795219200001-console.js';
import { DeadLetters1795219200002 } from '../migrations/1795219200002-dead-letters.js';
import { DailyTotals1795219200003 } from '../migrations/1795219200003-daily-totals.js';
import { CutDeadLetters1795219200004 } from '../migrations/1795219200004-cut-dead-letters.js';
import { DeadLettersOfPayment1795219200005 } from '../migrations/1795219200005-dead-letters-of-payment.js';
import { UsersOfDeadLetters1795219200006 } from '../migrations/1795219200006-users-of-dead-letters.js';
import { FaultActions1795219200016 } from '../migrations/1795219200016-fault-actions.js';
import { DeadLetterTopicsMadeAnew1795219200017 } from '../migrations/1795219200017-dead-letter-topics-made-anew.js';

/** The console database, for the app and for the migrations. */
export function consoleDataSource(options: { url: string; poolMax?: number }): DataSource {
  return new DataSource({
    ...postgresOptions({ ...options, applicationName: 'console' }),
    schema: 'console',
    entities: [],
    migrations: [
      Console1795219200001,
      DeadLetters1795219200002,
      DailyTotals1795219200003,
      CutDeadLetters1795219200004,
      DeadLettersOfPayment1795219200005,
      UsersOfDeadLetters1795219200006,
      FaultActions1795219200016,
      DeadLetterTopicsMadeAnew1795219200017,
    ],
  });
}
