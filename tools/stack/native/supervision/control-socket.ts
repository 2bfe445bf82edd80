import { join } from 'node:path';
import type { StackFolder } from '../stack-folder.js';

/** The socket lies in the folder of the stack, and only its owner may connect (mode 0600). */
export const controlSocketOf = ({ path }: Pick<StackFolder, 'path'>) => join(path, 'control.sock');
