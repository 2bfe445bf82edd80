import { randomUUID } from 'node:crypto';
import type { Logger } from '@effectively-once/platform';
import type { StandingAuditTask } from '../../audit/standing-audit-task.js';
import type { StandingAudit } from '../../audit/standing-audit.js';
import { toVerdict } from '../verdict.js';
import { EventRing } from './event-ring.js';
import { LiveCollectors } from './live-collectors.js';
import { LiveFeed } from './live-feed.js';
import type { OverviewCollector } from './overview/overview-collector.js';
import type { PaymentsWatch } from './payments-watch.js';
import { StreamClients } from './stream-clients.js';

/** A page that was away for minutes continues without a gap: about 1,000 events, at most 1 MB. */
const RING = { eventsMax: 1_000, bytesMax: 1024 * 1024 };

export interface LiveStreamOptions {
  standing: Pick<StandingAudit, 'last' | 'failure'>;
  audit: Pick<StandingAuditTask, 'runIfOlderThan'>;
  overview: Pick<OverviewCollector, 'collect' | 'forget'>;
  payments: Pick<PaymentsWatch, 'changed' | 'forget'>;
  logger: Pick<Logger, 'info' | 'error'>;
  now?: () => number;
  limits?: { clientsMax?: number; idleAfterMs?: number; pingEveryMs?: number };
}

/**
 * The event stream of the control room, for all its pages at once:
 *
 *   collectors (each second, while a client is there) ──► feed (coalesces) ──► ring ──► clients
 *        ▲                                                  │                              │
 *        └── first client came, last one left ──────────────│──────────────────────────────┘
 *                                                           └──► snapshot, for who begins or lags
 */
export class LiveStream {
  readonly clients: StreamClients;
  readonly feed: LiveFeed;
  private readonly collectors: LiveCollectors;

  constructor({ standing, now = Date.now, limits, ...collected }: LiveStreamOptions) {
    this.feed = new LiveFeed({
      broadcast: (name, data) => this.clients.broadcast(name, data),
      verdict: () => toVerdict({ last: standing.last, failure: standing.failure }, now()),
    });
    this.collectors = new LiveCollectors({ feed: this.feed, ...collected });
    this.clients = new StreamClients({
      ring: new EventRing({ epoch: randomUUID(), ...RING }),
      snapshot: () => this.feed.snapshot(),
      onBusy: () => this.collectors.start(),
      onIdle: () => this.collectors.stop(),
      now,
      ...limits,
    });
  }

  /** Ends all streams. Resolves when the last read of a collector has ended. */
  async close(): Promise<void> {
    this.clients.close();
    await this.collectors.ended();
  }
}
