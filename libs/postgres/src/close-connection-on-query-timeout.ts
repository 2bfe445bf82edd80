import type { Client } from 'pg';
import { EventSubscriber, type AfterQueryEvent, type EntitySubscriberInterface } from 'typeorm';

/**
 * Closes a connection after a statement on it got no answer in time. The driver stops waiting but
 * keeps the connection, and TypeORM returns it to the pool. The next statement would then wait
 * behind the one that was never answered. (`pg`'s own `pool.query` removes such a connection
 * itself.)
 */
@EventSubscriber()
export class CloseConnectionOnQueryTimeout implements EntitySubscriberInterface {
  async afterQuery({ error, queryRunner }: AfterQueryEvent): Promise<void> {
    // The driver has no error code for it, only this message.
    if ((error as Error | undefined)?.message !== 'Query read timeout') return;
    const connection = (await queryRunner.connect()) as Client;
    // Not awaited: while a statement runs, `end` cuts the socket, and the pool drops a closed
    // connection.
    void connection.end();
  }
}
