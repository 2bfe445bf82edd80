import { z } from 'zod';

export const CONNECTOR = 'payments-outbox';
export const SLOT = 'payments_outbox';

const TIMEOUT_MS = 10_000;

/** The status of the connector and its tasks, as Connect reports it. */
export const connectorStatus = z.object({
  connector: z.object({ state: z.string(), trace: z.string().optional() }),
  tasks: z.array(z.object({ id: z.int(), state: z.string(), trace: z.string().optional() })),
});
export type ConnectorStatus = z.infer<typeof connectorStatus>;

const offsets = z.object({
  offsets: z.array(
    z.object({
      offset: z
        .object({
          lsn: z.number(),
          lsn_proc: z.number().optional(),
          // Debezium writes true, "INITIAL" or nothing.
          snapshot: z.union([z.boolean(), z.string()]).optional(),
        })
        // After a reset, Connect still lists the offset, as null.
        .nullable(),
    }),
  ),
});

/** The offset of the connector that Connect has stored. */
export interface ConnectorOffset {
  lsn: bigint;
  /** The connector is publishing the retained rows again (a snapshot). */
  isSnapshot: boolean;
}

/** Connect rebalances, or does not know the new connector yet. The caller should retry. */
export class ConnectNotReady extends Error {
  override readonly name = 'NotYet';
}

/**
 * The part of Connect's REST API that the outbox connector needs.
 * https://kafka.apache.org/documentation/#connect_rest; offsets: KIP-875.
 */
export class ConnectApi {
  constructor(
    private readonly connectUrl: string,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  async status(): Promise<ConnectorStatus | 'missing'> {
    const response = await this.send('GET', '/status');
    // A worker that is starting answers 404 to every request, without a JSON body.
    if (response.status === 404 && isJson(response)) return 'missing';
    return connectorStatus.parse(await (await accepted(response)).json());
  }

  async offset(): Promise<ConnectorOffset | 'none'> {
    const response = await this.send('GET', '/offsets');
    const read = offsets.parse(await (await accepted(response)).json());
    // The connector reads one server, so it has one partition.
    const offset = read.offsets[0]?.offset;
    if (!offset) return 'none';
    return {
      // The broker has acknowledged every event before lsn_proc.
      lsn: BigInt(offset.lsn_proc ?? offset.lsn),
      isSnapshot: offset.snapshot !== undefined && offset.snapshot !== false,
    };
  }

  /** Creates the connector, or updates its configuration. */
  async configure(config: Record<string, string>): Promise<void> {
    await accepted(await this.send('PUT', '/config', config));
  }

  /** Creates the connector in the state STOPPED. It runs only after resume() (KIP-980). */
  async createStopped(config: Record<string, string>): Promise<void> {
    const created = { name: CONNECTOR, config, initial_state: 'STOPPED' };
    await accepted(await this.send('POST', undefined, created));
  }

  async restart(which: 'failed' | 'all'): Promise<void> {
    const only = which === 'failed' ? '&onlyFailed=true' : '';
    await accepted(await this.send('POST', `/restart?includeTasks=true${only}`));
  }

  /** Ends the tasks. The connector stays stopped, also across restarts, until resume(). */
  async stop(): Promise<void> {
    await accepted(await this.send('PUT', '/stop'));
  }

  async resume(): Promise<void> {
    await accepted(await this.send('PUT', '/resume'));
  }

  /** Connect accepts this only for a stopped connector. */
  async forgetOffsets(): Promise<void> {
    await accepted(await this.send('DELETE', '/offsets'));
  }

  /** @param path below the connector; undefined for the request that creates the connector. */
  private async send(method: string, path: string | undefined, body?: unknown): Promise<Response> {
    const below = path === undefined ? '' : `/${CONNECTOR}${path}`;
    return await fetch(`${this.connectUrl}/connectors${below}`, {
      method,
      signal: AbortSignal.timeout(this.timeoutMs),
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  }
}

const isJson = (response: Response) =>
  response.headers.get('content-type')?.startsWith('application/json') === true;

/**
 * Connect answers 409 during a rebalance, and 404 until it knows a connector that it has accepted.
 */
async function accepted(response: Response): Promise<Response> {
  if (response.ok) return response;
  const message = `Connect answered ${response.status}: ${await response.text()}`;
  throw response.status === 409 || response.status === 404
    ? new ConnectNotReady(message)
    : new Error(message);
}
