import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../repository-root.js';
import type { Count } from './count.js';

const bin = (name: string) => join(repositoryRoot, 'node_modules/.bin', name);

const CHECKS = [
  {
    name: 'format',
    command: [bin('prettier'), '--check', '--cache', '--log-level=warn', '.'],
    fix: 'npx prettier --write .',
  },
  {
    name: 'lint',
    command: [
      bin('eslint'),
      '.',
      '--max-warnings=0',
      '--cache',
      '--cache-location=node_modules/.cache/eslint/',
      '--cache-strategy=content',
    ],
    fix: 'npx eslint --fix .',
  },
  { name: 'types', command: [bin('tsc'), '--project', '.'], fix: undefined },
  // The pages run in a browser, so they have other global names.
  {
    name: 'types of the pages',
    command: [bin('tsc'), '--project', 'apps/console/src/web'],
    fix: undefined,
  },
];

/** Checks format, lint and types in parallel. Prints only the output of a failed check. */
export async function runStaticChecks(options: {
  signal: AbortSignal;
  print: (line: string) => void;
}): Promise<Count> {
  const results = await Promise.all(
    CHECKS.map(async ({ name, command, fix }) => {
      const startedAtMs = performance.now();
      const { exitCode, output } = await run(command, options.signal);
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
      if (exitCode === 0) options.print(`✔ ${name} (${seconds} s)`);
      else {
        options.print(`${output}\n✘ ${name} (${seconds} s)${fix ? `; try: ${fix}` : ''}`);
      }
      return exitCode === 0;
    }),
  );
  const passed = results.filter(Boolean).length;
  return { passed, failed: results.length - passed, skipped: 0 };
}

async function run([program = '', ...args]: string[], signal: AbortSignal) {
  const child = spawn(program, args, { cwd: repositoryRoot, signal });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { exitCode, output: output.trimEnd() };
}
