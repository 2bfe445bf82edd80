import Table from 'cli-table3';
import { Command } from 'commander';
import pc from 'picocolors';
import { readEnvironment } from '../../stack/environment.js';
import type { ModeName, Service } from '../../stack/mode.js';
import { modeOption, occupiedMode } from './choose-mode.js';

const command = new Command('npm run status --')
  .description('Lists every process of the system and its health.')
  .addOption(modeOption)
  .option('--json', 'print one JSON object', false)
  .addHelpText(
    'after',
    '\nExample:' +
      '\n  npm run -s status -- --json' +
      '\n\nExit code: 0 all are healthy, 1 one is not healthy, or nothing is running.',
  )
  .parse();

const { mode: asked, json } = command.opts<{ mode?: ModeName; json: boolean }>();
const environment = readEnvironment();
const mode = await occupiedMode(asked, environment);
const services = (await mode?.services(environment)) ?? [];
if (json) console.log(JSON.stringify({ mode: mode?.name ?? null, services }, null, 2));
else if (services.length === 0) console.log('nothing is running; npm start starts it');
else console.log(`${mode?.name}\n${table(services)}`);
const isAbandoned = mode !== undefined && !(await mode.isRunning(environment));
if (isAbandoned) {
  process.stderr.write(
    'The supervisor of these processes has ended, so they are not restarted if they fail. ' +
      'npm start starts everything again, npm stop stops them.\n',
  );
}
process.exit(
  !isAbandoned && services.length > 0 && services.every(({ healthy }) => healthy) ? 0 : 1,
);

function table(rows: Service[]): string {
  const result = new Table({
    head: [
      'name',
      'kind',
      'url',
      mode?.name === 'compose' ? 'container' : 'pid',
      'healthy',
      'up since',
    ],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, kind, url, pid, container, healthy, startedAt } of rows) {
    result.push([
      name,
      kind,
      url,
      String(container ?? pid ?? '–'),
      healthy ? pc.green('yes') : pc.red('no'),
      startedAt ? startedAt.replace('T', ' ').slice(0, 19) : '–',
    ]);
  }
  return result.toString();
}
