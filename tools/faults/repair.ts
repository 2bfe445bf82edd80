import { ConnectApi } from '@effectively-once/console/connector/connect-api';
import pg from 'pg';
import { repairConnector } from '@effectively-once/console/connector/repair-connector';
import type { BreakableStack } from '../test-runner/test-stack.js';
import { untilStopped, type Pipeline } from './break-pipeline.js';
import type { Fault } from './fault.js';

/** True for what the system leaves to a person, on purpose: docs/runbook.md says what that person does. */
export const needsAPerson = ({ kind }: Fault): boolean => kind === 'slot moved';

/** Does what the runbook asks of a person, once the system has stopped by itself. */
export async function mend(fault: Fault, stack: BreakableStack): Promise<void> {
  if (!needsAPerson(fault)) return;
  const pipeline = pipelineOf(stack);
  await untilStopped(pipeline);
  const debezium = new pg.Pool({
    connectionString: String(stack.addresses['DEBEZIUM_DATABASE_URL']),
    max: 1,
  });
  try {
    await repairConnector({
      connect: new ConnectApi(pipeline.connectUrl),
      query: async (sql, parameters) =>
        (await debezium.query<Record<string, unknown>>(sql, parameters)).rows,
      onStep: () => undefined,
    });
  } finally {
    await debezium.end();
  }
}

export const pipelineOf = ({ addresses, environment }: BreakableStack): Pipeline => ({
  superuserUrl: String(addresses['POSTGRES_SUPERUSER_URL']),
  connectUrl: String(addresses['CONNECT_URL']),
  consoleUrl: `http://127.0.0.1:${environment.settings.CONSOLE_PORT}`,
});
