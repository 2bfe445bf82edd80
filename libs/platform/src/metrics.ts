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

/** A gauge, also in a process that makes its service again (a test) and would be told that the name is taken. */
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

/** Prometheus gives up a scrape after 4 s, and with it every metric of the process. */
export const READ_TIMEOUT_MS = 2_000;

/**
 * A gauge that asks when it is scraped. What cannot be read, or not in time, is absent, never old; the
 * scrape, and every other metric, is there all the same.
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
      // An answer to this scrape that comes during a later one is old by then.
      await withReadTimeout(
        read((value, labels = {}) => (isOver ? undefined : this.set(labels, value))),
      );
    } catch {
      // Without labels a reset is a 0, which nobody has measured.
      if (labelNames.length > 0) this.reset();
      else this.remove();
    } finally {
      isOver = true;
    }
  });
}

/** @throws Error after READ_TIMEOUT_MS; what was asked goes on, and nobody hears of it. */
async function withReadTimeout(asked: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('not answered in time')), READ_TIMEOUT_MS);
  });
  try {
    await Promise.race([asked, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
