import pc from 'picocolors';
import type { Progress } from '../start-stack.js';

const NAME_WIDTH = 14;

/** The line that the user sees for a progress event. Undefined for events without a line. */
export function progressLine(progress: Progress): string | undefined {
  switch (progress.kind) {
    case 'started':
      return undefined;
    case 'done':
      return `  ${pc.green('✔')} ${progress.step.padEnd(NAME_WIDTH)} ${seconds(progress.seconds)}`;
    case 'failed':
      return `  ${pc.red('✘')} ${progress.step.padEnd(NAME_WIDTH)} ${seconds(progress.seconds)}`;
    case 'note':
      return `  ${pc.dim('…')} ${progress.note}`;
    case 'stopped':
      return `  ${pc.dim('■')} ${progress.step.padEnd(NAME_WIDTH)} ${seconds(progress.seconds)}`;
    case 'exit': {
      const { name, how, ranForSeconds, restartInMs, logTail } = progress.exit;
      return (
        `  ${pc.yellow('↻')} ${name} ${how} after ${seconds(ranForSeconds).trim()}, ` +
        `restart in ${restartInMs / 1000} s; its last lines:\n${indent(logTail)}`
      );
    }
  }
}

const seconds = (value: number) => `${value.toFixed(1).padStart(6)} s`;
const indent = (text: string) => text.replace(/^/gm, '      ');
