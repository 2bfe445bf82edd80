import { z } from 'zod';

export const CONNECTOR = 'payments-outbox';
export const SLOT = 'payments_outbox';

const TIMEOUT_MS = 10_000;

/** What Connect says of the connector and its tasks. */
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
        // A forgotten offset stays listed, as null.
        .nullable(),
    }),
  ),
});

/** How far Connect itself remembers that the connector has come. */
export interface ConnectorOffset {
  lsn: bigint;
  /** In the middle of publishing the retained rows again. */
  isSnapshot: boolean;
}

/** Connect does not do it now, but may soon: it rebalances, or has not heard of the connector yet. */
export class NotYet extends Error {
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
    // A worker that has only begun to start answers 404 to everything, in fewer words.
    if (response.status === 404 && isJson(response)) return 'missing';
    return connectorStatus.parse(await (await accepted(response)).json());
  }

  async offset(): Promise<ConnectorOffset | 'none'> {
    const response = await this.send('GET', '/offsets');
    const read = offsets.parse(await (await accepted(response)).json());
    // One server, one partition.
    const offset = read.offsets[0]?.offset;
    if (!offset) return 'none';
    return {
      // What is behind lsn_proc has been published and acknowledged by the broker.
      lsn: BigInt(offset.lsn_proc ?? offset.lsn),
      isSnapshot: offset.snapshot !== undefined && offset.snapshot !== false,
    };
  }

  /** Creates the connector, or brings its configuration up to date. */
  async configure(config: Record<string, string>): Promise<void> {
    await accepted(await this.send('PUT', '/config', config));
  }

  /** Creates it so that it does not run until somebody resumes it (KIP-980). */
  async createStopped(config: Record<string, string>): Promise<void> {
    const created = { name: CONNECTOR, config, initial_state: 'STOPPED' };
    await accepted(await this.send('POST', undefined, created));
  }

  async restart(which: 'failed' | 'all'): Promise<void> {
    const only = which === 'failed' ? '&onlyFailed=true' : '';
    await accepted(await this.send('POST', `/restart?includeTasks=true${only}`));
  }

  /** Ends its tasks. It stays so, whatever dies, until somebody resumes it. */
  async stop(): Promise<void> {
    await accepted(await this.send('PUT', '/stop'));
  }

  async resume(): Promise<void> {
    await accepted(await this.send('PUT', '/resume'));
  }

  /** Only while it is stopped. */
  async forgetOffsets(): Promise<void> {
    await accepted(await this.send('DELETE', '/offsets'));
  }

  /** @param path below the connector; undefined for what is asked before there is one. */
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

/** Connect answers 409 while it rebalances and 404 until a connector it just accepted is known to it. */
async function accepted(response: Response): Promise<Response> {
  if (response.ok) return response;
  const message = `Connect answered ${response.status}: ${await response.text()}`;
  throw response.status === 409 || response.status === 404
    ? new NotYet(message)
    : new Error(message);
}
