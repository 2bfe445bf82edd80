import type { AddressInfo, Server, Socket } from 'node:net';

/**
 * A port that closes and opens again while the process runs. A closed port refuses connections like
 * a dead server. No reply could simulate that.
 */
export class Listener {
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();
  private lastChange: Promise<void> = Promise.resolve();
  private boundPort: number;

  /** Port 0 takes a free port, and keeps it when it opens again. */
  constructor(
    private readonly options: {
      port: number;
      host?: string | undefined;
      createServer: () => Server;
    },
  ) {
    this.boundPort = options.port;
  }

  get port(): number {
    return this.boundPort;
  }

  /**
   * Calls run one after the other, so a close never overtakes an earlier open.
   * @throws Error if the port is taken.
   */
  async setOpen(isOpen: boolean): Promise<void> {
    const change = this.lastChange.then(async () => await (isOpen ? this.open() : this.close()));
    this.lastChange = change.catch(() => undefined);
    await change;
  }

  private async open(): Promise<void> {
    if (this.server) return;
    const server = this.options.createServer();
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: this.boundPort, host: this.options.host ?? '127.0.0.1' }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.boundPort = (server.address() as AddressInfo).port;
    this.server = server;
  }

  private async close(): Promise<void> {
    const server = this.server;
    if (!server) return;
    this.server = null;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Without this, a closed listener would still serve pooled connections.
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
