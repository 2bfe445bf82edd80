import { Controller, Get, Inject, Module, type DynamicModule } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';

/** A dependency's name and a call that throws when it is down. */
export type HealthProbe = (signal: AbortSignal) => Promise<void>;
export interface HealthChecks {
  /** What this process must keep doing to deserve to live; a failure here asks for a restart. */
  live?: Record<string, HealthProbe>;
  /** What this process needs from others; a failure here asks for patience. */
  ready: Record<string, HealthProbe>;
}

export const HEALTH_CHECKS = Symbol('HEALTH_CHECKS');
const CHECK_TIMEOUT_MS = 2_000;

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicator: HealthIndicatorService,
    @Inject(HEALTH_CHECKS) private readonly checks: HealthChecks,
  ) {}

  @Get('live')
  live() {
    return this.run(this.checks.live ?? {});
  }

  @Get('ready')
  ready() {
    return this.run(this.checks.ready);
  }

  private run(checks: Record<string, HealthProbe>) {
    return this.health.check(
      Object.entries(checks).map(([name, check]) => async () => {
        const attempt = this.indicator.check(name).attempt(({ signal }) => check(signal));
        return await attempt.withTimeout(CHECK_TIMEOUT_MS);
      }),
    );
  }
}

/** `GET /health/live` and `GET /health/ready`; 503 names the dependency that is down under `error`. */
@Module({})
export class HealthModule {
  /** `provide` is injected with `inject`, like any Nest factory. */
  static register(options: {
    imports?: DynamicModule['imports'];
    inject?: (string | symbol | (abstract new (...args: never[]) => unknown))[];
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Nest hands over what inject names
    useFactory: (...dependencies: any[]) => HealthChecks;
  }): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule.forRoot({ logger: false }), ...(options.imports ?? [])],
      controllers: [HealthController],
      providers: [
        { provide: HEALTH_CHECKS, useFactory: options.useFactory, inject: options.inject ?? [] },
      ],
    };
  }
}
