import { CONNECTOR, connectorStatus } from '../connector/connect-api.js';

const TIMEOUT_MS = 3_000;

/** What Connect says of the connector. RUNNING alone proves little: look at the slot as well. */
export async function readConnector(connectUrl: string) {
  const response = await fetch(new URL(`/connectors/${CONNECTOR}/status`, connectUrl), {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`Connect answered ${response.status}`);
  const { connector, tasks } = connectorStatus.parse(await response.json());
  return {
    name: CONNECTOR,
    state: connector.state,
    // The first line of a stack names the failure; the rest of it belongs in Connect's log.
    tasks: tasks.map(({ id, state, trace }) => ({ id, state, error: trace?.split('\n')[0] })),
  };
}
