import type { Agent } from 'node:http';

/**
 * Closes the connections of a pool on which no request runs, after one got no answer. A firewall or
 * a balancer that has forgotten one connection has forgotten the idle ones too, and each of them
 * would cost one more request its time limit. Requests that run keep their connection.
 */
export function closeIdleConnections({ freeSockets }: Agent): void {
  for (const sockets of Object.values(freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
