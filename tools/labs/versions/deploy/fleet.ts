import { join } from 'node:path';
import {
  CONSUMERS,
  type ConsumerReport,
  type PaymentCompletedVersion,
} from '@effectively-once/contracts';
import { freePort } from '@effectively-once/testing';
import { pollUntil } from '@effectively-once/timing';
import { appEnvironment } from '../../../stack/app-environment.js';
import { portOf, portVariable } from '../../../stack/environment.js';
import type { LabContext } from '../../lab.js';
import { builtUrl, LabProcess } from '../../process/lab-process.js';
import { settleAll } from '../../process/settle-all.js';

export const SERVICES = ['payments', ...CONSUMERS] as const;
export type ServiceName = (typeof SERVICES)[number];

/**
 * `N-1` knows version 1 of the event alone (`one-version-only.ts`). `N` reads both versions, and
 * its payments publishes the second. `N+1` knows version 2 alone.
 */
export type Release = 'N-1' | 'N' | 'N+1';

export interface Deploy {
  service: ServiceName;
  to: Release;
  /** ms since the epoch: the new process was started, was ready, and the old one had ended. */
  startedAtMs: number;
  readyAtMs: number;
  endedAtMs: number;
}

interface Instance {
  url: string;
  port: number;
  process: LabProcess;
}

const READY_WITHIN_MS = 120_000;
const POLL_MS = 100;
const RELEASES: Record<Release, { publishes: PaymentCompletedVersion; knowsNoOther: boolean }> = {
  'N-1': { publishes: 1, knowsNoOther: true },
  N: { publishes: 2, knowsNoOther: false },
  'N+1': { publishes: 2, knowsNoOther: true },
};

/** The four services, each with one instance, and with two during its deploy. */
export class Fleet {
  private readonly instances = new Map<ServiceName, Instance>();
  private hasKilled = false;

  private constructor(
    private readonly context: LabContext,
    private readonly address: LabProcess,
  ) {}

  /** Resolves when all are ready. The address of payments is the one of the environment. */
  static async start(context: LabContext, releases: Record<ServiceName, Release>): Promise<Fleet> {
    const { environment, folder, signal } = context;
    const address = new LabProcess(
      'labs/versions/deploy/payments-address-process',
      { port: portOf('payments', environment) },
      { logFile: join(folder, 'payments-address.log'), signal },
    );
    const fleet = new Fleet(context, address);
    try {
      await address.next('listens', READY_WITHIN_MS);
      await settleAll(
        SERVICES.map(async (service) => fleet.use(service, await fleet.launch(service, releases))),
      );
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  /**
   * A rolling deploy, as an orchestrator makes it: the new process is ready and has partitions, new
   * requests go to it, and only then the old one gets SIGTERM.
   */
  async deploy(service: ServiceName, to: Release): Promise<Deploy> {
    const before = this.instances.get(service);
    const startedAtMs = Date.now();
    await this.use(service, await this.launch(service, { [service]: to }));
    const readyAtMs = Date.now();
    await before?.process.leave();
    this.hasKilled ||= before?.process.wasKilled ?? false;
    return { service, to, startedAtMs, readyAtMs, endedAtMs: Date.now() };
  }

  /** One more process, which leaves again: an old and a new release work side by side. */
  async besides<Result>(
    service: ServiceName,
    release: Release,
    during: () => Promise<Result>,
  ): Promise<Result> {
    const { process } = await this.launch(service, { [service]: release });
    try {
      return await during();
    } finally {
      await process.leave();
    }
  }

  /** `kill -9` first, and a new process only then: what a rolling deploy avoids. */
  async replaceByKill(service: ServiceName, to: Release): Promise<Deploy> {
    const startedAtMs = Date.now();
    await this.instances.get(service)?.process.kill();
    const endedAtMs = Date.now();
    await this.use(service, await this.launch(service, { [service]: to }));
    return { service, to, startedAtMs, readyAtMs: Date.now(), endedAtMs };
  }

  /** Whether a process did not end by itself after SIGTERM. */
  get neededKill(): boolean {
    return this.hasKilled;
  }

  /** Of the present instance. */
  urlOf(service: ServiceName): string {
    return this.instances.get(service)?.url ?? '';
  }

  async stop(): Promise<void> {
    await settleAll([...this.instances.values()].map(({ process }) => process.leave()));
    await this.address.leave();
  }

  private async use(service: ServiceName, instance: Instance): Promise<void> {
    this.instances.set(service, instance);
    if (service !== 'payments') return;
    this.address.tell({ kind: 'point to', n: instance.port });
    await this.address.next('points', READY_WITHIN_MS);
  }

  private async launch(
    service: ServiceName,
    releases: Partial<Record<ServiceName, Release>>,
  ): Promise<Instance> {
    const { environment, folder, signal } = this.context;
    const release = releases[service] ?? 'N';
    const { publishes, knowsNoOther } = RELEASES[release];
    const port = await freePort();
    const env = {
      ...appEnvironment(service, environment, { journalFolder: '' }),
      [portVariable(service)]: String(port),
      PAYMENT_COMPLETED_VERSION: String(publishes),
      APP_VERSION: release,
    };
    const hook = `${builtUrl('labs/versions/deploy/one-version-only')}?version=${publishes}`;
    const preload = knowsNoOther ? { preload: hook } : {};
    const logFile = join(folder, `${service}.log`);
    const process = new LabProcess({ app: service, env, ...preload }, {}, { logFile, signal });
    const instance = { url: `http://127.0.0.1:${port}`, port, process };
    try {
      await this.untilReady(service, instance);
      return instance;
    } catch (error) {
      await process.kill();
      throw error;
    }
  }

  private async untilReady(service: ServiceName, { url, process }: Instance): Promise<void> {
    const isReady = async () => {
      process.assertRuns();
      const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
      if (!answer?.ok) return false;
      return service === 'payments' || (await this.hasPartitions(url));
    };
    await pollUntil(isReady, {
      everyMs: POLL_MS,
      timeoutMs: READY_WITHIN_MS,
      timeoutMessage: () => `${service} did not become ready; log folder: ${this.context.folder}`,
    });
  }

  private async hasPartitions(url: string): Promise<boolean> {
    const { CONSUMER_STATE_TOKEN } = this.context.environment.settings;
    const headers = { authorization: `Bearer ${CONSUMER_STATE_TOKEN}` };
    const answer = await fetch(`${url}/internal/state`, { headers }).catch(() => undefined);
    if (!answer?.ok) return false;
    return ((await answer.json()) as ConsumerReport).partitions.length > 0;
  }
}
