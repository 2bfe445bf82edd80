import { evolution } from './evolution/evolution.js';
import type { Lab } from './lab.js';
import { semantics } from './semantics/semantics.js';

/** In the order of `npm run lab`. */
export const LABS: readonly Lab[] = [semantics, evolution];
