import { FaultSwitchboard } from '@effectively-once/scenarios';
import type { ConsoleConfig } from '../../config.js';

export const switchboardOf = (config: ConsoleConfig): FaultSwitchboard =>
  new FaultSwitchboard({
    thirdPartiesUrl: config.THIRD_PARTIES_URL,
    controlSocket: config.CONTROL_SOCKET,
  });
