import { CONNECTOR, connectorStatus } from '../connector/connect-api.js';

const TIMEOUT_MS = 3_000;

/** The status of the connector in Connect. RUNNING alone proves little: the slot shows the rest. */
export async function readConnector(connectUrl: string) {
  const response = await fetch(new URL(`/connectors/${CONNECTOR}/status`, connectUrl), {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`Connect answered ${response.status}`);
  const { connector, tasks } = connectorStatus.parse(await response.json());
  return {
    name: CONNECTOR,
    state: connector.state,
    // The first line of a stack trace names the failure. The rest is in the log of Connect.
    tasks: tasks.map(({ id, state, trace }) => ({ id, state, error: trace?.split('\n')[0] })),
  };
}
