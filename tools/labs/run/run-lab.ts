import { setMaxListeners } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from '../../bench/processes/start-servers.js';
import { thisMachine } from '../../bench/statistics/this-machine.js';
import { randomFrom } from '../../faults/random.js';
import { repositoryRoot } from '../../repository-root.js';
import { addresses, kafkaBrokers, superuserUrl } from '../../stack/addresses.js';
import { readEnvironment } from '../../stack/environment.js';
import { isHeld, type Lab, type LabContext, type LabReceipt } from '../lab.js';

const PICTURES = join(repositoryRoot, 'docs', 'pictures', 'labs');

export interface LabOptions {
  seed: number;
  isSmall: boolean;
  /** For the receipt and the picture, in a folder with the name of the lab. */
  folder: string;
  /** Copies the picture into the documents. */
  picture: boolean;
  signal: AbortSignal;
  print: (line: string) => void;
}

/**
 * Runs a lab on servers of its own, beside a running system, and writes its receipt and its picture
 * to `<folder>/<name>`.
 * @throws Error when it could not measure. The logs of its processes are kept and named then.
 */
export async function runLab(lab: Lab, options: LabOptions): Promise<LabReceipt> {
  const { seed, isSmall, signal } = options;
  // Every process of a lab listens to it.
  setMaxListeners(0, signal);
  const startedAtMs = performance.now();
  const at = new Date().toISOString();
  const machine = thisMachine();
  const logs = mkdtempSync(join(tmpdir(), `effectively-once-lab-${lab.name}-`));
  const servers = await serversOf(lab, options);
  try {
    const result = await lab.run({
      ...servers.addresses,
      ...options,
      ...seeded(seed),
      folder: logs,
    });
    const seconds = Math.round((performance.now() - startedAtMs) / 100) / 10;
    const receipt: LabReceipt = {
      lab: lab.name,
      claim: lab.claim,
      failureWindow: lab.failureWindow,
      doesNotShow: lab.doesNotShow,
      at,
      seconds,
      machine,
      seed,
      version: isSmall ? 'small' : 'full',
      table: result.table,
      figures: result.figures,
      claims: result.claims.map((claim) => ({ ...claim, holds: isHeld(claim) })),
    };
    keep(lab.name, receipt, result.picture, options);
    rmSync(logs, { recursive: true });
    return receipt;
  } catch (error) {
    if (signal.aborted) {
      // Ctrl-C: the logs say nothing that the operator does not know.
      rmSync(logs, { recursive: true });
      throw error;
    }
    throw new Error(`${String(error)} (logs: ${logs})`, { cause: error });
  } finally {
    await servers.stop();
  }
}

const seeded = (seed: number) => ({ seed, random: randomFrom(seed) });

/** A lab that only computes starts none. */
async function serversOf(
  { servers: names }: Lab,
  { signal, print }: LabOptions,
): Promise<{
  addresses: Pick<
    LabContext,
    'brokers' | 'postgresUrl' | 'redisUrl' | 'elasticsearchUrl' | 'environment'
  >;
  stop: () => Promise<void>;
}> {
  if (names.length === 0) {
    const urls = { brokers: [], postgresUrl: '', redisUrl: '', elasticsearchUrl: '' };
    const none = { ...urls, environment: readEnvironment() };
    return { addresses: none, stop: async () => {} };
  }
  const started = await startServers({ names, nodeEnv: 'development', signal, print });
  const { environment, stop } = started;
  const { REDIS_URL, ELASTICSEARCH_URL } = addresses(environment, { journalFolder: '' });
  return {
    addresses: {
      brokers: kafkaBrokers(environment),
      postgresUrl: superuserUrl(environment, 'postgres'),
      redisUrl: String(REDIS_URL),
      elasticsearchUrl: String(ELASTICSEARCH_URL),
      environment,
    },
    stop,
  };
}

function keep(
  name: string,
  receipt: LabReceipt,
  picture: string,
  { folder: parent, picture: copyPicture }: LabOptions,
): void {
  const folder = join(parent, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'receipt.json'), `${JSON.stringify(receipt, null, 2)}\n`);
  writeFileSync(join(folder, 'picture.svg'), picture);
  if (!copyPicture) return;
  mkdirSync(PICTURES, { recursive: true });
  copyFileSync(join(folder, 'picture.svg'), join(PICTURES, `${name}.svg`));
}
