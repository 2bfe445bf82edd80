import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@effectively-once/testing';
import { findSystemServers } from '../../../../tools/stack/native/programs/system-servers.js';
import { stackFolder } from '../../../../tools/stack/native/stack-folder.js';

/** A Redis server of its own, which stores nothing unless its options say so. */
export class OwnRedis {
  private server: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly options: string[],
  ) {}

  static async start(...options: string[]): Promise<OwnRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'own-redis-'));
    const own = new OwnRedis(folder, await freePort(), options);
    await own.startAgain();
    return own;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** On the same port. */
  async startAgain(): Promise<void> {
    const { binaries, user } = stackFolder();
    const { signal } = new AbortController();
    const folder = join(binaries, 'debian');
    const { redis } = await findSystemServers({ folder, user, signal, onNote: () => undefined });
    const at = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder];
    this.server = spawn(redis.command, [...at, '--save', '', ...this.options], {
      stdio: 'ignore',
      env: { ...process.env, LD_LIBRARY_PATH: redis.libraries },
    });
  }

  async kill(): Promise<void> {
    const { server } = this;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
