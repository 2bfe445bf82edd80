import { FAULT_DEFINITIONS, isExternal } from '@effectively-once/scenarios';
import { byHand } from './by-hand.js';

it('has a command to revert each break, in bash and in PowerShell', () => {
  expect(byHand({ target: 'email', kind: 'freeze' })).toEqual({
    break: 'docker compose pause email',
    revert: 'docker compose unpause email',
    bash: 'docker compose pause email && sleep 20; docker compose unpause email',
    powershell: 'docker compose pause email; Start-Sleep 20; docker compose unpause email',
  });
});

it('has commands for every process of the catalogue, except where it dies at a point of its code', () => {
  const without = FAULT_DEFINITIONS.filter(({ target }) => !isExternal(target))
    .filter((fault) => !byHand(fault))
    .map(({ kind }) => kind);
  expect([...new Set(without)].sort()).toEqual(['hang', 'kill_at']);
});

it('quotes no name with what bash or PowerShell would replace', () => {
  const texts = FAULT_DEFINITIONS.flatMap((fault) => Object.values(byHand(fault) ?? {}));
  expect(texts.filter((text) => /[$`\\]/.test(String(text)))).toEqual([]);
});
