import { runSmall } from '../process/testing/run-small.js';
import { mailWindow } from './mail-window.js';

it('a kill doubles a receipt only between its content and its marker, with evidence; marker first loses', async () => {
  const { broken } = await runSmall(mailWindow);
  expect(broken).toEqual([]);
});
