import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * The one address of payments, in front of its instances, as the service of an orchestrator. A new
 * connection goes to the instance of the last `pointTo`. An open one stays with the instance that
 * it has, until that instance closes it.
 */
export class PaymentsAddress {
  private readonly sockets = new Set<Socket>();
  private target: number | undefined;

  private constructor(private readonly server: Server) {}

  /** @throws Error if the port is in use. */
  static async listen(port: number): Promise<PaymentsAddress> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const address = new PaymentsAddress(server);
    server.on('connection', (client) => address.join(client));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return address;
  }

  pointTo(port: number): void {
    this.target = port;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(client: Socket): void {
    if (this.target === undefined) return void client.destroy();
    const options = { port: this.target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true };
    const instance = connect(options);
    const end = () => {
      client.destroy();
      instance.destroy();
    };
    for (const socket of [client, instance]) {
      this.sockets.add(socket);
      socket.once('error', end);
      socket.once('close', () => this.sockets.delete(socket));
    }
    client.pipe(instance).pipe(client);
  }
}
