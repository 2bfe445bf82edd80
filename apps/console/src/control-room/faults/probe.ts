import { connect } from 'node:net';
import type { ConsoleConfig } from '../../config.js';

const WITHIN_MS = 800;

/** How to ask a target whether it answers. An open port alone proves nothing: it may be frozen. */
export type TargetProbe = { url: string } | { host: string; port: number; say: Buffer };

/** SSLRequest of PostgreSQL's protocol: the server answers with one letter. */
const SSL_REQUEST = Buffer.from('00000008' + '04d2162f', 'hex');
/** ApiVersions, version 0, of Kafka's protocol: a broker answers it before it knows the client. */
const API_VERSIONS = Buffer.from('0000000a' + '0012' + '0000' + '00000001' + 'ffff', 'hex');
const PING = Buffer.from('PING\r\n');

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
    redis: at(config.REDIS_URL, PING, 6379),
    postgres: at(config.AUDITOR_PAYMENTS_URL, SSL_REQUEST, 5432),
    kafka: at(`kafka://${config.KAFKA_BROKERS[0]}`, API_VERSIONS, 9092),
  };
}

/** true: it answered, whatever it said. */
export async function isUp(probe: TargetProbe): Promise<boolean> {
  try {
    if ('url' in probe) {
      await fetch(probe.url, { signal: AbortSignal.timeout(WITHIN_MS) });
    } else {
      await firstByte(probe);
    }
    return true;
  } catch {
    // Refused, or silent.
    return false;
  }
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
