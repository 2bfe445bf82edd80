import { join } from 'node:path';
import { repositoryRoot } from '../../repository-root.js';
import { findPrograms } from '../../stack/native/programs/programs.js';
import { stackFolder } from '../../stack/native/stack-folder.js';

/** How to start a program of the Kafka distribution that the native stack runs. */
export class KafkaJava {
  private constructor(
    readonly command: string,
    private readonly javaServers: string,
  ) {}

  static async find(signal: AbortSignal): Promise<KafkaJava> {
    const onNote = () => undefined;
    const found = await findPrograms({ folder: stackFolder(), signal, onNote });
    return new KafkaJava(join(found.javaHome, 'bin', 'java'), found.javaServers);
  }

  /** The folder of Connect's plugins. */
  get plugins(): string {
    return join(this.javaServers, 'connect-plugins');
  }

  /** As the servers of the stack are started. The name of a class follows. */
  arguments(heapMb: number): string[] {
    const logging = join(repositoryRoot, 'infra', 'kafka');
    const classPath = `${join(this.javaServers, 'kafka', '*')}:${logging}`;
    return [`-Xmx${heapMb}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classPath];
  }
}
