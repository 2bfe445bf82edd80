import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { processIdentity } from './process-identity.js';

it('is the same at every call', () => {
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
});

it('differs between processes, and ends with its process', async () => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(child, 'spawn');
  expect(processIdentity(child.pid!)).toBeDefined();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(processIdentity(child.pid!)).toBeUndefined();
});
