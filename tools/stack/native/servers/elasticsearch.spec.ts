import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readEnvironment } from '../../environment.js';
import type { StackFolder } from '../stack-folder.js';
import { elasticsearch } from './elasticsearch.js';

// Without it, each start leaves an empty folder in the temporary folder of the system.
it('keeps the temporary files of launcher and server in the data folder of the stack', () => {
  const base = mkdtempSync(join(tmpdir(), 'a clone with blanks '));
  const javaServers = join(base, 'binaries', 'java-servers');
  const home = join(javaServers, 'unpacked', 'elasticsearch-9.4.5');
  mkdirSync(home, { recursive: true });
  const [data, config] = [join(base, 'main', 'data'), join(base, 'main', 'config')];
  const { env } = elasticsearch({
    environment: readEnvironment({}),
    folder: { data, config } as StackFolder,
    programs: { javaServers, javaHome: '/java' } as never,
    withApps: false,
  });
  rmSync(base, { recursive: true });

  expect(env['ES_TMPDIR']).toBe(join(data, 'elasticsearch-tmp'));
  // The launcher's script splits the options at blanks and runs in the folder of Elasticsearch.
  const option = env['CLI_JAVA_OPTS']?.split(' ').find((one) => one.includes('java.io.tmpdir='));
  expect(resolve(home, option?.split('=')[1] ?? '')).toBe(env['ES_TMPDIR']);
});
