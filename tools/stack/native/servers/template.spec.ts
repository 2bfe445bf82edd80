import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFromTemplate } from './template.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'template-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('fills in every name', () => {
  const target = join(folder, 'deep', 'alertmanager.yml');
  writeFromTemplate('alertmanager/alertmanager.yml', target, { THIRD_PARTIES_URL: 'http://here' });
  const text = readFileSync(target, 'utf8');
  expect(text).toContain('url: http://here/v2/enqueue');
  expect(text).not.toContain('${');
});

it('refuses to leave a name unfilled', () => {
  const write = () =>
    writeFromTemplate('kafka/server.properties', join(folder, 'x'), { DATA: '/d' });
  expect(write).toThrow('infra/kafka/server.properties wants a value for KAFKA_CONTROLLER_PORT');
});
