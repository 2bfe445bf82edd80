import type { Logger } from '@effectively-once/platform';
import {
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { ConsoleConfig } from '../../config.js';
import { GroupWatch } from './group-watch.js';

/** Watches the consumer groups from outside. */
@Module({})
export class GroupsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly groups: GroupWatch) {}

  static register({ KAFKA_BROKERS: brokers }: ConsoleConfig, logger: Logger): DynamicModule {
    return {
      module: GroupsModule,
      providers: [{ provide: GroupWatch, useFactory: () => new GroupWatch({ brokers, logger }) }],
      exports: [GroupWatch],
    };
  }

  onApplicationBootstrap(): void {
    this.groups.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.groups.stop();
  }
}
