import { repairSlot } from '../stack/native/supervision/faults/operator-mistakes.js';
import type { BreakableStack } from '../test-runner/test-stack.js';
import { untilStopped, type PipelineAddresses } from './break-pipeline.js';
import type { InjectedFault } from './fault.js';

/** True if only the operator can repair the fault. docs/runbook.md describes what to do. */
export const needsOperator = ({ kind }: InjectedFault): boolean => kind === 'slot moved';

/** Does the repair of the runbook, once the console has stopped the connector. */
export async function repair(fault: InjectedFault, stack: BreakableStack): Promise<void> {
  if (!needsOperator(fault)) return;
  const pipeline = pipelineOf(stack);
  await untilStopped(pipeline);
  await repairSlot(pipeline.connectUrl, String(stack.addresses['DEBEZIUM_DATABASE_URL']));
}

export const pipelineOf = ({ addresses, environment }: BreakableStack): PipelineAddresses => ({
  superuserUrl: String(addresses['POSTGRES_SUPERUSER_URL']),
  connectUrl: String(addresses['CONNECT_URL']),
  consoleUrl: `http://127.0.0.1:${environment.settings.CONSOLE_PORT}`,
});
