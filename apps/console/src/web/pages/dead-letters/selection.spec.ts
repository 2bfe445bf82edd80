import { addressOf, filterOf, isSelected, nameOf, readSelection } from './selection.js';

const cause = {
  consumer: 'email',
  errorClass: 'permanent',
  errorName: 'RecipientRefused',
  count: 1,
  users: 1,
  withoutKey: 0,
  inAction: 0,
  atLoopGuard: 0,
  firstSeen: '',
  lastSeen: '',
} as const;

describe('what the page of dead letters shows', () => {
  it('is in its address, and an address brings it back', () => {
    const address = addressOf({
      state: 'discarded',
      consumer: 'email',
      errorClass: 'permanent',
      errorName: 'RecipientRefused',
      letter: '3-17',
    });
    const selection = readSelection(address.slice(address.indexOf('?')));
    expect(selection).toMatchObject({ state: 'discarded', letter: '3-17', action: null });
    expect(addressOf(selection)).toBe(address);
    expect(filterOf(selection)).toEqual({
      errorClass: 'permanent',
      errorName: 'RecipientRefused',
    });
    expect(nameOf(selection)).toBe('email · permanent · RecipientRefused');
  });

  it('is never what a hostile address says', () => {
    const hostile = '?state=all&consumer=other&errorName=<b>&action=1;2&letter=../..&cursor=-1';
    expect(addressOf(readSelection(hostile))).toBe('/dead-letters');
  });

  it('is every cause of a consumer if the address names no error', () => {
    expect(isSelected(readSelection('?consumer=email'), cause)).toBe(true);
    expect(isSelected(readSelection('?consumer=email&errorName=Other'), cause)).toBe(false);
    expect(isSelected(readSelection(''), cause)).toBe(false);
  });
});
