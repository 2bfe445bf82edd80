import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How a server can be away: like one that died, or like one that is frozen. */
export const PROXY_FAULTS = ['refuse', 'hang'] as const;
export type ProxyFault = (typeof PROXY_FAULTS)[number];

const CONNECTIONS_MAX = 1_000;

interface Connection {
  client: Socket;
  /** Absent while the client of a hanging server waits to be served. */
  server?: Socket;
}

/**
 * A way to a server that a test can cut. Bytes go through untouched until it is told to
 *
 *   refuse   nobody listens, and every connection is gone
 *   hang     connections are accepted and stay, and nothing comes through
 *   heal     all is well. What was sent to a hanging server arrives now, late, as at one that thaws:
 *            also what its client has given up long ago.
 */
export class TcpProxy {
  private readonly connections = new Set<Connection>();
  private listener: Server | undefined;
  private isHanging = false;

  private constructor(
    private boundPort: number,
    private readonly to: { host: string; port: number },
  ) {}

  /** Port 0 takes a free one, and keeps it. @throws Error when the port is taken. */
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
    // Joined twice, a connection would carry every byte twice.
    if (this.isHanging) for (const connection of this.connections) this.join(connection);
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
    // Half open: one side may have said all it has to say and still listen.
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
    client.once('close', () => this.connections.delete(connection));
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
