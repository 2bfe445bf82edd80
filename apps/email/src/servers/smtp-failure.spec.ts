import { DependencyDown, PermanentFailure, RefusedForNow } from '@effectively-once/delivery';
import { smtpFailure, LeaseTooShort, MaybeSent, type SmtpError } from './smtp-failure.js';

const error = (properties: Partial<SmtpError>): SmtpError =>
  Object.assign(new Error('smtp'), properties);

it.each<[string, Partial<SmtpError>, string]>([
  ['refused', { code: 'ESOCKET', originalCode: 'ECONNREFUSED' }, 'DependencyDown'],
  ['not found', { code: 'EDNS' }, 'DependencyDown'],
  [
    'not connected in time',
    { code: 'ETIMEDOUT', timeoutType: 'CONNECT_TIMEOUT' },
    'DependencyDown',
  ],
  ['not greeted in time', { code: 'ETIMEDOUT', timeoutType: 'GREETING_TIMEOUT' }, 'DependencyDown'],
  ['login refused', { code: 'EAUTH', responseCode: 535, command: 'AUTH PLAIN' }, 'DependencyDown'],
  ['cut off', { code: 'ESOCKET', originalCode: 'ECONNRESET' }, 'BrokenOff'],
  ['closed without a reply', { code: 'ECONNECTION' }, 'BrokenOff'],
  ['silent', { code: 'ETIMEDOUT', timeoutType: 'SOCKET_TIMEOUT' }, 'BrokenOff'],
  ['our own time limit', { code: 'EABORT' }, 'BrokenOff'],
  ['the stream was stopped', { code: 'ESTREAM' }, 'LeaseTooShort'],
  ['an address nodemailer will not use', { code: 'EENVELOPE', command: 'API' }, 'PermanentFailure'],
])('before the content, %s: nothing was sent, %j is %s', (_, properties, name) => {
  expect(smtpFailure(error(properties), false).name).toBe(name);
});

it.each<[Partial<SmtpError>, new (...args: never[]) => Error]>([
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550 }, PermanentFailure],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 451 }, RefusedForNow],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 421 }, DependencyDown],
  [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 550 }, DependencyDown],
  [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 451 }, RefusedForNow],
  [{ code: 'EMESSAGE', command: 'DATA', responseCode: 554 }, PermanentFailure],
  [{ code: 'EMESSAGE', command: 'DATA', responseCode: 452 }, RefusedForNow],
])('a reply refuses the mail, also after the content: %j', (properties, expected) => {
  for (const contentStarted of [false, true]) {
    expect(smtpFailure(error(properties), contentStarted)).toBeInstanceOf(expected);
  }
});

it.each([{ code: 'ECONNECTION' }, { code: 'EABORT' }, { timeoutType: 'SOCKET_TIMEOUT' as const }])(
  'after the content, without a reply, the outcome is unknown: %j',
  (properties) => {
    expect(smtpFailure(error(properties), true)).toBeInstanceOf(MaybeSent);
  },
);

it('a lease that was too short is no outage', () => {
  expect(smtpFailure(new LeaseTooShort(), false)).toBeInstanceOf(LeaseTooShort);
});
