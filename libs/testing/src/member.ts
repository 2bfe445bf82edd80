import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { freePort } from './free-port.js';
import { waitUntil } from './wait-until.js';

/** How the stack starts the first member of a consumer's group. */
export interface MemberDefinition {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
}

/** One more process of a consumer, in the same group as the one that the stack supervises. */
export interface Member {
  url: string;
  /** Ends it gracefully: it leaves its group first. Resolves when it has ended. */
  leave: () => Promise<void>;
  /** Kills it at once, in the middle of its work. Does nothing if it has ended. */
  kill: () => Promise<void>;
}

/** @throws Error if it is not up within a minute. It is killed before this throws. */
export async function startMember(options: {
  definition: MemberDefinition;
  /** The variable for its port: two processes need two ports. */
  portVariable: string;
  logFile: string;
}): Promise<Member> {
  const { command, args, cwd, env } = options.definition;
  const port = await freePort();
  const log = openSync(options.logFile, 'a');
  const child = spawn(command, args, {
    cwd,
    env: { ...env, [options.portVariable]: String(port) },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'exit');
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  const kill = () => end('SIGKILL');
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitUntil(`a second member that is up (${options.logFile})`, async () => {
      if (child.exitCode !== null) throw new Error(`it exited with code ${child.exitCode}`);
      return (await fetch(`${url}/health/live`)).ok;
    });
  } catch (error) {
    await kill();
    throw error;
  }
  return { url, kill, leave: () => end('SIGTERM') };
}
