import { Problem } from '@effectively-once/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** A browser on this machine calls the console by one of these names. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Refuses requests that a browser was tricked into sending.
 *
 * With DNS rebinding a page of another site calls this server under the name of that site, and the
 * browser takes its answers for the site's own. Only the `Host` header tells. A request of another
 * origin names it in `Origin`. https://github.com/brannondorsey/dns-rebind-toolkit#protection
 *
 * @param names further host names by which clients reach the console, without a port.
 */
export function refuseForeignHosts(server: FastifyInstance, names: readonly string[]): void {
  const allowed = new Set([...LOOPBACK, ...names]);
  server.addHook('onRequest', (request, reply, done) => {
    const refusal = whyRefused(request, allowed);
    if (refusal) answer(reply, refusal);
    else done();
  });
}

function whyRefused({ headers }: FastifyRequest, allowed: ReadonlySet<string>) {
  const { host = '', origin } = headers;
  if (!allowed.has(host.replace(/:\d+$/, '').toLowerCase())) {
    return forbidden('foreign_host', 'The Host header names another server.');
  }
  // The page and the API have one origin. Commands and Prometheus send no Origin.
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    return forbidden('foreign_origin', 'The Origin header names another site.');
  }
  return undefined;
}

const forbidden = (code: string, detail: string) => new Problem(code, { status: 403, detail });

// The hook runs before Nest, whose filter would otherwise write the problem document.
const answer = (reply: FastifyReply, problem: Problem) =>
  void reply
    .status(problem.status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(problem.body()));
