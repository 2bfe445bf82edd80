import 'reflect-metadata';
import { PoisonRecord } from '@effectively-once/contracts';
import { Controller, UseFilters } from '@nestjs/common';
import { BaseRpcContext, EventPattern, Server } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { lastValueFrom, type Observable } from 'rxjs';
import { assertErrorIdentity, KeepErrorIdentity } from './keep-error-identity.filter.js';

const BARE = Symbol('BARE');
const poison = new PoisonRecord('NotJson', 'value', 'the value is not JSON');

/** Calls every handler once, as the transport does, and keeps the results. */
class OneShotTransport extends Server {
  override readonly transportId = BARE;
  readonly results = new Map<string, unknown>();

  async listen(callback: () => void): Promise<void> {
    for (const [pattern, handler] of this.messageHandlers) {
      const returned: unknown = await handler({}, new BaseRpcContext([]));
      const outcome = lastValueFrom(this.transformToObservable(returned as Observable<string>));
      this.results.set(
        pattern,
        await outcome.catch(assertErrorIdentity).catch((error: unknown) => error),
      );
    }
    callback();
  }
  close(): void {}
  on(): void {}
  unwrap<T>(): T {
    return undefined as T;
  }
}

@Controller()
@UseFilters(KeepErrorIdentity)
class WithFilter {
  @EventPattern('fails', BARE)
  fails(_: unknown): string {
    throw poison;
  }

  @EventPattern('works', BARE)
  async works(_: unknown): Promise<string> {
    return 'applied';
  }
}

@Controller()
class WithoutFilter {
  @EventPattern('forgotten', BARE)
  fails(_: unknown): string {
    throw poison;
  }
}

it('a handler’s outcome and its original error reach the transport', async () => {
  const transport = new OneShotTransport();
  const module = await Test.createTestingModule({
    controllers: [WithFilter, WithoutFilter],
  }).compile();
  const app = module.createNestMicroservice({ strategy: transport, logger: false });
  await app.listen();
  expect(transport.results.get('works')).toBe('applied');
  expect(transport.results.get('fails')).toBe(poison);
  // Without the filter the transport gets Nest's own error, without the cause.
  expect(transport.results.get('forgotten')).toMatchObject({
    message: 'the consumer lacks @UseFilters(KeepErrorIdentity)',
  });
  await app.close();
});
