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

// RFC 3463: the code of each row is the whole decision, whatever the reply code says.
it.each<[blames: string, command: string, response: string]>([
  ['server', 'RCPT TO', '550 5.1.7 Bad sender address syntax'],
  ['server', 'RCPT TO', '550 5.1.8 Bad sender system address'],
  ['server', 'RCPT TO', '451 4.3.0 Other mail system status'],
  ['server', 'RCPT TO', '452 4.3.1 Mail system full'],
  ['server', 'RCPT TO', '453 4.3.2 System not accepting network messages'],
  ['server', 'DATA', '554 5.3.5 System incorrectly configured'],
  ['server', 'RCPT TO', '450 4.4.1 No answer from host'],
  ['server', 'RCPT TO', '451-4.4.3 Directory server failure'],
  ['server', 'RCPT TO', '421 4.2.1 Service not available'],
  ['server', 'AUTH PLAIN', '535 5.7.8 Authentication credentials invalid'],
  ['server', 'MAIL FROM', '550 Sender refused'],
  ['server', 'MAIL FROM', '550 5.7.1 Sender refused'],
  ['record', 'RCPT TO', '550 5.1.1 Bad destination mailbox address'],
  ['record', 'RCPT TO', '450 4.1.1 Bad destination mailbox address'],
  ['record', 'RCPT TO', '550 5.1.0 Other address status'],
  ['record', 'RCPT TO', '556 5.1.10 Recipient address has null MX'],
  ['record', 'RCPT TO', '452 4.2.2 Mailbox full'],
  ['record', 'RCPT TO', '552 5.2.2 Mailbox full'],
  ['record', 'DATA', '552 5.3.4 Message too big for system'],
  ['record', 'DATA', '554 5.6.0 Other or undefined media error'],
  ['record', 'MAIL FROM', '553 5.6.7 Non-ASCII addresses not permitted'],
  ['unknown', 'RCPT TO', '550 No such user'],
  ['unknown', 'RCPT TO', '451 Try again later'],
  ['unknown', 'RCPT TO', '550 5.0.0 Other undefined status'],
  ['unknown', 'RCPT TO', '501 5.5.4 Invalid command arguments'],
  ['unknown', 'RCPT TO', '554 5.7.1 Delivery not authorized, message refused'],
  ['unknown', 'DATA', '451 4.7.0 Other or undefined security status'],
  ['unknown', 'MAIL FROM', '451 4.7.1 Greylisted'],
])('an enhanced status code says that it is about the %s: %s, %s', (blames, command, response) => {
  const codes: Record<string, string> = { 'AUTH PLAIN': 'EAUTH', DATA: 'EMESSAGE' };
  const refusal = error({
    code: codes[command] ?? 'EENVELOPE',
    command,
    responseCode: Number(response.slice(0, 3)),
    response,
  });
  const failure = smtpFailure(refusal, command === 'DATA');
  if (blames === 'server') expect(failure).toBeInstanceOf(DependencyDown);
  else expect(failure).toMatchObject({ blames });
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
