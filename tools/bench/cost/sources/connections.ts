import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Counter } from '../ledger.js';

const run = promisify(execFile);
const OUTPUT_MAX_BYTES = 32 * 1024 * 1024;

/** Names for the two ends of a TCP connection. */
export interface Ends {
  /** By process id: who opened it. */
  clients: ReadonlyMap<number, string>;
  /** By port that listens: who answers. */
  servers: ReadonlyMap<number, string>;
}

/** One connection, as its client sees it. All counts are since it was opened. */
interface Connection {
  id: string;
  edge: string;
  sentBytes: number;
  receivedBytes: number;
  /** Segments with data. On one machine a segment has up to 32 kB: about one write each. */
  sentMessages: number;
  receivedMessages: number;
}

/**
 * Bytes and messages on every TCP connection between the services, counted by the kernel. Only
 * Linux tells them, and only of this machine's own processes: without `ss`, or with containers,
 * there are none.
 */
export class TcpConnections {
  private readonly seen = new Map<string, Connection>();

  constructor(private readonly ends: Ends) {}

  /**
   * Call it also between two readings: a connection that was closed keeps what was last seen of it.
   * What it carried after that is missing.
   */
  async look(): Promise<void> {
    for (const connection of connectionsIn(await socketTable(), this.ends))
      this.seen.set(connection.id, connection);
  }

  async read(): Promise<Counter[]> {
    await this.look();
    return sumByEdge([...this.seen.values()]);
  }
}

/** Reads the output of `ss -tinpHO`: one line for each end of a connection. */
export function connectionsIn(output: string, { clients, servers }: Ends): Connection[] {
  return output.split('\n').flatMap((line) => {
    const [, , , local = '', peer = ''] = line.trim().split(/\s+/);
    const server = servers.get(portOf(peer));
    const client = clients.get(Number(/\bpid=(\d+)/.exec(line)?.[1]));
    if (server === undefined || client === undefined) return [];
    const field = (name: string) => Number(new RegExp(` ${name}:(\\d+)`).exec(line)?.[1] ?? 0);
    return {
      id: `${client} ${local} ${peer}`,
      edge: `${client} → ${server}`,
      sentBytes: field('bytes_sent'),
      receivedBytes: field('bytes_received'),
      sentMessages: field('data_segs_out'),
      receivedMessages: field('data_segs_in'),
    };
  });
}

function sumByEdge(connections: Connection[]): Counter[] {
  const sums = new Map<string, Counter[]>();
  for (const { edge, ...of } of connections) {
    const before = sums.get(edge)?.map(({ value }) => value) ?? [];
    const add = (n: number, what: string, unit: Counter['unit'], value: number): Counter => ({
      where: edge,
      what,
      unit,
      value: (before[n] ?? 0) + value,
    });
    sums.set(edge, [
      add(0, 'sent', 'times', of.sentMessages),
      add(1, 'sent', 'B', of.sentBytes),
      add(2, 'received', 'times', of.receivedMessages),
      add(3, 'received', 'B', of.receivedBytes),
    ]);
  }
  return [...sums.values()].flat();
}

const portOf = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));

async function socketTable(): Promise<string> {
  try {
    const { stdout } = await run('ss', ['-tinpHO'], { maxBuffer: OUTPUT_MAX_BYTES });
    return stdout;
  } catch (error) {
    // No `ss`: macOS, or a small Linux. The table then says "not measured".
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
