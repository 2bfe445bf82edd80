import { Transport } from '@nestjs/microservices';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';

export const TOPIC = 'tutorial.payment.completed';

/** As a tutorial connects: the default pool, and tables made from the entities. */
export const database = (entities: (new () => object)[]): TypeOrmModuleOptions => ({
  type: 'postgres',
  url: String(process.env['TUTORIAL_DATABASE_URL']),
  entities,
  synchronize: true,
});

export const transport = (name: string) => ({
  transport: Transport.KAFKA as const,
  options: {
    client: {
      clientId: `tutorial-${name}`,
      brokers: String(process.env['KAFKA_BROKERS']).split(','),
    },
    consumer: { groupId: `tutorial-${name}` },
    subscribe: { fromBeginning: true },
  },
});
