import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFromTemplate } from './template.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'template-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('replaces every name', () => {
  const target = join(folder, 'deep', 'alertmanager.yml');
  writeFromTemplate('alertmanager/alertmanager.yml', target, {
    THIRD_PARTIES_URL: 'http://here',
    CONSOLE_PUBLIC_URL: 'http://there',
  });
  const text = readFileSync(target, 'utf8');
  expect(text).toContain('url: http://here/v2/enqueue');
  expect(text).toContain("href: 'http://there/alerts?alert=");
  expect(text).not.toContain('${');
});

it('rejects a name without a value', () => {
  const write = () =>
    writeFromTemplate('kafka/server.properties', join(folder, 'x'), { DATA: '/d' });
  expect(write).toThrow('infra/kafka/server.properties needs a value for KAFKA_CONTROLLER_PORT');
});
