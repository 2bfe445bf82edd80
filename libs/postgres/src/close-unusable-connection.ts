import type { Client } from 'pg';
import { EventSubscriber, type AfterQueryEvent, type EntitySubscriberInterface } from 'typeorm';
import { postgresFailure } from './postgres-failure.js';

/**
 * Closes a connection over which the server cannot work, so that the next statement opens a new
 * one. TypeORM returns a connection to the pool also after such a failure:
 * - The statement got no answer. The driver stops waiting and keeps the connection; the next
 *   statement would wait behind the one that was never answered.
 * - The server is read-only (25006). After a failover the old connection leads to the old server
 *   for ever, while a new one leads to the new server.
 *
 * (`pg`'s own `pool.query` removes a connection after every error itself.)
 */
@EventSubscriber()
export class CloseUnusableConnection implements EntitySubscriberInterface {
  async afterQuery({ error, queryRunner }: AfterQueryEvent): Promise<void> {
    if (!error || postgresFailure(error) !== 'unavailable') return;
    const connection = (await queryRunner.connect()) as Client;
    // Not awaited: while a statement runs, `end` cuts the socket, and the pool drops a closed
    // connection.
    void connection.end();
  }
}
