import { withTimeout } from '@effectively-once/timing';
import { Controller, Get, Header, Module } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, register } from 'prom-client';

@Controller('metrics')
class MetricsController {
  @Get()
  @Header('content-type', register.contentType)
  async metrics(): Promise<string> {
    return await register.metrics();
  }
}

/** `GET /metrics` in Prometheus' text format, from prom-client's default registry. */
@Module({ controllers: [MetricsController] })
export class MetricsModule {
  constructor() {
    if (!register.getSingleMetric('process_cpu_seconds_total')) collectDefaultMetrics();
  }
}

/**
 * Creates a gauge. It replaces one of the same name, because a test may create its service twice.
 */
export function freshGauge<Label extends string = never>(
  name: string,
  help: string,
  labelNames: Label[] = [],
  collect?: (this: Gauge<Label>) => Promise<void>,
): Gauge<Label> {
  register.removeSingleMetric(name);
  return new Gauge({ name, help, labelNames, ...(collect ? { collect } : {}) });
}

type SetGauge = (value: number, labels?: Record<string, string>) => void;

/** Prometheus cancels a scrape after 4 s, and then has no metric of the process at all. */
export const READ_TIMEOUT_MS = 2_000;

/**
 * A gauge that reads its value when Prometheus scrapes it. If the value cannot be read in time, the
 * metric is absent, never old. The scrape and all other metrics still succeed.
 */
export function scrapedGauge(
  name: string,
  help: string,
  labelNames: string[],
  read: (set: SetGauge) => Promise<void>,
): void {
  freshGauge(name, help, labelNames, async function () {
    this.reset();
    let isOver = false;
    try {
      // Ignore an answer that arrives after the timeout: at the next scrape it would be old.
      const reading = read((value, labels = {}) => (isOver ? undefined : this.set(labels, value)));
      await withTimeout(reading, READ_TIMEOUT_MS);
    } catch {
      // Without labels, reset() sets the gauge to 0, which is not a measured value.
      if (labelNames.length > 0) this.reset();
      else this.remove();
    } finally {
      isOver = true;
    }
  });
}
