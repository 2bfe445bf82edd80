import { connect } from 'node:net';
import { z } from 'zod';
import type { ConsoleConfig } from '../../config.js';
import { CONNECTOR, connectorStatus } from '../../connector/connect-api.js';

const WITHIN_MS = 800;

/** How to ask a target whether it answers. An open port alone proves nothing: it may be frozen. */
export type TargetProbe =
  | { url: string }
  /** Of a target that is no process: its server answers, and what it answers is tested. */
  | { url: string; isSound: (answer: Response) => Promise<boolean> }
  | { host: string; port: number; say: Buffer };

/** SSLRequest of PostgreSQL's protocol: the server answers with one letter. */
const SSL_REQUEST = Buffer.from('00000008' + '04d2162f', 'hex');
/** ApiVersions, version 0, of Kafka's protocol: a broker answers it before it knows the client. */
const API_VERSIONS = Buffer.from('0000000a' + '0012' + '0000' + '00000001' + 'ffff', 'hex');
const PING = Buffer.from('PING\r\n');
/** Names the servers that a service cannot reach. */
const notReady = z.object({ down: z.array(z.string()) });

export function probesOf(config: ConsoleConfig): Record<string, TargetProbe> {
  const live = (base: string) => ({ url: new URL('/health/live', base).href });
  const at = (address: string, say: Buffer, defaultPort: number) => {
    const { hostname: host, port } = new URL(address);
    return { host, port: Number(port) || defaultPort, say };
  };
  return {
    payments: live(config.PAYMENTS_URL),
    email: live(config.EMAIL_URL),
    loyalty: live(config.LOYALTY_URL),
    search: live(config.SEARCH_URL),
    psp: live(config.THIRD_PARTIES_URL),
    smtp: live(config.THIRD_PARTIES_URL),
    connect: { url: config.CONNECT_URL },
    elasticsearch: { url: config.ELASTICSEARCH_URL },
    'replication-slot': {
      url: new URL(`/connectors/${CONNECTOR}/status`, config.CONNECT_URL).href,
      isSound: isRunning,
    },
    'search-index': {
      url: new URL('/payments', config.ELASTICSEARCH_URL).href,
      isSound: async ({ ok }) => ok,
    },
    'loyalty-database': {
      url: new URL('/health/ready', config.LOYALTY_URL).href,
      isSound: reaches('loyalty-database'),
    },
    redis: at(config.REDIS_URL, PING, 6379),
    postgres: at(config.AUDITOR_PAYMENTS_URL, SSL_REQUEST, 5432),
    kafka: at(`kafka://${config.KAFKA_BROKERS[0]}`, API_VERSIONS, 9092),
  };
}

/** true: it answered, whatever it said; or what it said is sound. */
export async function isUp(probe: TargetProbe): Promise<boolean> {
  try {
    if ('url' in probe) {
      const answer = await fetch(probe.url, { signal: AbortSignal.timeout(WITHIN_MS) });
      if ('isSound' in probe) return await probe.isSound(answer);
    } else {
      await firstByte(probe);
    }
    return true;
  } catch {
    // Refused, or silent.
    return false;
  }
}

/** A service that is not ready may miss another server only. */
const reaches = (server: string) => async (answer: Response) =>
  answer.ok || !notReady.parse(await answer.json()).down.includes(server);

/** A slot that was moved shows itself in its connector: the console has stopped it. */
async function isRunning(answer: Response): Promise<boolean> {
  const { connector } = connectorStatus.parse(await answer.json());
  return connector.state !== 'STOPPED';
}

async function firstByte({
  host,
  port,
  say,
}: Extract<TargetProbe, { port: number }>): Promise<void> {
  const socket = connect({ host, port, timeout: WITHIN_MS });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('data', () => resolve());
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
      socket.once('timeout', () => reject(new Error('silent')));
      socket.write(say);
    });
  } finally {
    socket.destroy();
  }
}
