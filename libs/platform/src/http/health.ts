import { withTimeout } from '@effectively-once/timing';
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
  private readonly running = new Map<HealthProbe, Promise<void>>();

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
        const attempt = this.indicator.check(name).attempt(() => this.share(check));
        return await attempt.withTimeout(CHECK_TIMEOUT_MS);
      }),
    );
  }

  /**
   * Concurrent requests share one run of a check. A check opens a connection or tries a write, so
   * without this, any caller could make as many of them as it sends requests.
   */
  private async share(check: HealthProbe): Promise<void> {
    let run = this.running.get(check);
    if (!run) {
      // A check that ignores its signal must not block the next one for ever.
      run = withTimeout(check(AbortSignal.timeout(CHECK_TIMEOUT_MS)), CHECK_TIMEOUT_MS);
      this.running.set(check, run);
      const ended = () => void this.running.delete(check);
      run.then(ended, ended);
    }
    await run;
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
