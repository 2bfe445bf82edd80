import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Gets what a client sends, when it arrives at the link: the client has sent it by then. */
export type Watcher = (bytes: string) => void;

/**
 * A network between a process and its server. Each message takes `delayMs`, so that the steps of a
 * handler are far apart. Bytes that have left the process arrive, also when it is killed meanwhile.
 */
export class SlowLink {
  delayMs = 0;
  /** For each new connection. */
  watch: () => Watcher = () => () => undefined;
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly listener: Server,
    private readonly toPort: number,
  ) {}

  static async open(toPort: number): Promise<SlowLink> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true });
    const link = new SlowLink(listener, toPort);
    listener.on('connection', (client) => link.accept(client));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return link;
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** The server is away: open connections break, and new ones break at once. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  heal(): void {
    this.isCut = false;
  }

  close(): void {
    this.cut();
    this.listener.close();
  }

  private accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.isCut) {
      client.destroy();
      return;
    }
    const server = connect({
      port: this.toPort,
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    });
    const watcher = this.watch();
    client.on('data', (bytes) => watcher(bytes.toString('latin1')));
    this.forward(client, server);
    this.forward(server, client);
  }

  private forward(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.on('data', (bytes) => this.later(() => to.write(bytes)));
    from.once('end', () => this.later(() => to.end()));
    // A killed process resets its connections. What it sent before still arrives.
    from.on('error', () => this.later(() => to.end()));
    from.once('close', () => this.sockets.delete(from));
  }

  private later(act: () => void): void {
    if (this.delayMs === 0) act();
    else setTimeout(act, this.delayMs);
  }
}
