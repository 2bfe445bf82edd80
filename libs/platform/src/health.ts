import { Controller, Get, Inject, Module, type DynamicModule } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';

/** Throws if the thing that it checks is down. */
export type HealthProbe = (signal: AbortSignal) => Promise<void>;
export interface HealthChecks {
  /** Liveness: what this process itself must do. A failure asks the supervisor for a restart. */
  live?: Record<string, HealthProbe>;
  /**
   * Readiness: the dependencies of this process. A failure means: wait, a restart does not help.
   */
  ready: Record<string, HealthProbe>;
}

const HEALTH_CHECKS = Symbol('HEALTH_CHECKS');
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

/** `GET /health/live` and `GET /health/ready`. A 503 names the dependency that is down. */
@Module({})
export class HealthModule {
  /** Nest passes the providers in `inject` to `useFactory`. */
  static register(options: {
    imports?: DynamicModule['imports'];
    inject?: (string | symbol | (abstract new (...args: never[]) => unknown))[];
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Nest's own type
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
