import type { AddressInfo, Server, Socket } from 'node:net';

/**
 * A port that can be closed and opened again while the process lives: a closed one refuses
 * connections the way a dead server does, which no reply could imitate.
 */
export class Listener {
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();
  private turn: Promise<void> = Promise.resolve();
  private boundPort: number;

  /** Port 0 takes a free one, and the same one again after reopening. */
  constructor(private readonly options: { port: number; createServer: () => Server }) {
    this.boundPort = options.port;
  }

  get port(): number {
    return this.boundPort;
  }

  /** Calls take turns, so a close never overtakes the open before it. @throws Error if the port is taken. */
  async setOpen(isOpen: boolean): Promise<void> {
    const mine = this.turn.then(async () => await (isOpen ? this.open() : this.close()));
    this.turn = mine.catch(() => undefined);
    await mine;
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
      server.listen({ port: this.boundPort, host: '0.0.0.0' }, () => {
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
    // A pooled connection would otherwise go on being served by a listener that is "down".
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
