import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How a server is lost: it has died, it is frozen, or only the open connections are dead. */
export const PROXY_FAULTS = ['refuse', 'hang', 'swallow'] as const;
export type ProxyFault = (typeof PROXY_FAULTS)[number];

const CONNECTIONS_MAX = 1_000;

interface Connection {
  client: Socket;
  /** Absent while the proxy hangs and the client is not connected to the server yet. */
  server?: Socket;
  isSwallowed?: boolean;
}

/**
 * Fault injection: a TCP proxy in front of a server. It forwards bytes unchanged, until a test
 * calls
 *
 *   refuse   the port is closed, and every connection too
 *   hang     connections are accepted and stay open, and no byte passes
 *   swallow  the open connections are half-dead: they stay open, and every byte is lost, as after a
 *            firewall has forgotten them. New connections work.
 *   heal     forwards again. Bytes that were sent meanwhile arrive late, as at a server that was
 *            frozen, also those of a client that has timed out since.
 */
export class TcpProxy {
  private readonly connections = new Set<Connection>();
  private listener: Server | undefined;
  private isHanging = false;

  private constructor(
    private boundPort: number,
    private readonly to: { host: string; port: number },
  ) {}

  /** Port 0 takes a free port, and keeps it. @throws Error if the port is in use. */
  static async listen(options: {
    port: number;
    to: { host: string; port: number };
  }): Promise<TcpProxy> {
    const proxy = new TcpProxy(options.port, options.to);
    await proxy.heal();
    return proxy;
  }

  get port(): number {
    return this.boundPort;
  }

  async heal(): Promise<void> {
    // A connection that is joined twice would forward every byte twice.
    if (this.isHanging) {
      for (const one of this.connections) if (!one.isSwallowed) this.join(one);
    }
    this.isHanging = false;
    await this.open();
  }

  async hang(): Promise<void> {
    this.isHanging = true;
    for (const { client, server } of this.connections) {
      client.unpipe().pause();
      server?.unpipe().pause();
    }
    await this.open();
  }

  async swallow(): Promise<void> {
    for (const connection of this.connections) {
      connection.isSwallowed = true;
      // `resume` without a reader discards the bytes.
      connection.client.unpipe().resume();
      connection.server?.unpipe().resume();
    }
    await this.open();
  }

  async refuse(): Promise<void> {
    const { listener } = this;
    if (!listener) return;
    this.listener = undefined;
    const closed = once(listener, 'close');
    listener.close();
    for (const connection of this.connections) this.end(connection);
    await closed;
  }

  private async open(): Promise<void> {
    if (this.listener) return;
    // Half open: one side may end its stream and still receive.
    const options = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true };
    const listener = createServer(options, (client) => this.accept(client));
    listener.maxConnections = CONNECTIONS_MAX;
    listener.listen(this.boundPort, '127.0.0.1');
    await once(listener, 'listening');
    this.boundPort = (listener.address() as AddressInfo).port;
    this.listener = listener;
  }

  private accept(client: Socket): void {
    const connection: Connection = { client };
    this.connections.add(connection);
    client.once('error', () => this.end(connection));
    // The server does not learn that the client of a half-dead connection is gone, until `refuse`.
    client.once('close', () => connection.isSwallowed ?? this.connections.delete(connection));
    if (!this.isHanging) this.join(connection);
  }

  private join(connection: Connection): void {
    connection.server ??= this.reach(connection);
    const { client, server } = connection;
    client.pipe(server).pipe(client);
  }

  private reach(connection: Connection): Socket {
    const server = connect({ ...this.to, allowHalfOpen: true, noDelay: true });
    server.once('error', () => this.end(connection));
    return server;
  }

  private end(connection: Connection): void {
    connection.client.destroy();
    connection.server?.destroy();
  }
}
