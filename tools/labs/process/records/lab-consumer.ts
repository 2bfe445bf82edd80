import { join } from 'node:path';
import { createTopic } from '../../../bench/delivery/produce.js';
import type { LabContext } from '../../lab.js';
import { LabProcess } from '../lab-process.js';
import { readLedger } from './file-ledger.js';
import { deadTopicOf, retryTopicOf, type RecordsSettings } from './lab-record.js';

const JOINED_WITHIN_MS = 60_000;
const PARTITIONS = 6;

/** A consumer of a lab with its topics and its ledger. */
export class LabConsumer {
  readonly topic: string;
  readonly settings: RecordsSettings;
  private process: LabProcess | undefined;

  private constructor(
    private readonly context: LabContext,
    readonly name: string,
    options: Pick<RecordsSettings, 'way' | 'effectMs' | 'jitterMs'>,
  ) {
    const word = name.replaceAll(/\W+/g, '-');
    this.topic = `lab.${word}.${crypto.randomUUID()}`;
    this.settings = {
      ...options,
      brokers: context.brokers,
      topic: this.topic,
      groupId: this.topic,
      ledgerFile: join(context.folder, `${word}.ledger`),
    };
  }

  /** Creates its topics. It does not consume yet. */
  static async prepare(
    context: LabContext,
    name: string,
    options: Pick<RecordsSettings, 'way' | 'effectMs' | 'jitterMs'> & { partitions?: number },
  ): Promise<LabConsumer> {
    const { partitions = PARTITIONS, ...rest } = options;
    const consumer = new LabConsumer(context, name, rest);
    const { brokers } = context;
    const { topic } = consumer;
    await createTopic({ brokers, topic }, partitions);
    if (options.way === 'retry topic') {
      await createTopic({ brokers, topic: retryTopicOf(topic) }, partitions);
      await createTopic({ brokers, topic: deadTopicOf(topic) }, partitions);
    }
    return consumer;
  }

  /** Resolves when it has joined its group. @throws Error that names its log. */
  async start(): Promise<void> {
    const { folder, signal } = this.context;
    const logFile = `${this.settings.ledgerFile}.log`;
    this.process = new LabProcess('labs/process/records/consumer', this.settings, {
      logFile,
      signal,
    });
    await this.process.next('joined', JOINED_WITHIN_MS).catch((error: unknown) => {
      throw new Error(`${this.name} did not start; see ${folder}`, { cause: error });
    });
  }

  /** What it has done until now, in the order of completion. */
  effects() {
    return readLedger(this.settings.ledgerFile);
  }

  /** @throws Error that names the log if the process has ended. */
  assertRuns(): void {
    this.process?.assertRuns();
  }

  async leave(): Promise<void> {
    await this.process?.leave();
  }

  async kill(): Promise<void> {
    await this.process?.kill();
  }
}
