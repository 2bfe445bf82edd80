/** Numbers from 0 to 1. The same seed gives the same numbers, so a failed round can be repeated. */
export { numbersFrom as randomFrom } from '@effectively-once/scenarios/faults/plan';
