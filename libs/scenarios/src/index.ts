export { FAULT_DEFINITIONS, FAULT_LINKS, definitionOf } from './faults/catalogue.js';
export { isExternal, type FaultDefinition, type FaultLink } from './faults/fault-definition.js';
export { PREDICTIONS, type Prediction, type PredictionName } from './faults/predictions.js';
export { faultRequest, type FaultRequest } from './faults/fault-request.js';
export { FaultSwitchboard, NotBreakableHere, type BrokenNow } from './faults/fault-switchboard.js';
export { runScenario } from './stories/run-scenario.js';
export { SCENARIOS } from './stories/stories.js';
export type { ScenarioRun, ScenarioStep } from './stories/run.js';
export type { Scenario } from './stories/scenario.js';
