import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { freePort } from './free-port.js';
import { waitUntil } from './wait-until.js';

/** How the first member of a consumer's group was started. */
export interface MemberDefinition {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
}

/** One more process of a consumer, in the same group as the one that the stack keeps running. */
export interface Member {
  url: string;
  /** Asks it to leave its group in order, and waits until it has ended. */
  leave: () => Promise<void>;
  /** Ends it at once, in the middle of whatever it does. Harmless when it has ended. */
  kill: () => Promise<void>;
}

/** @throws Error when it is not up within a minute; it has been ended by then. */
export async function startMember(options: {
  definition: MemberDefinition;
  /** Where it is told its port: two processes need two. */
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
