// The entry point of every one-shot in docker-compose.yml: `demo pay --user bob` is the same as
// `npm run pay -- --user bob` on a machine with Node.
const COMMANDS = {
  demo: './demo.js',
  prepare: '../../cli/run/prepare.js',
  pay: '../../cli/operate/pay.js',
  audit: '../../cli/operate/audit.js',
  token: '../../cli/operate/token.js',
  connector: '../../cli/operate/connector.js',
} as const;

const [, script = '', command = '', ...rest] = process.argv;
if (!(command in COMMANDS)) {
  process.stderr.write(
    `unknown command: ${command}. Commands: ${Object.keys(COMMANDS).join(', ')}\n`,
  );
  process.exit(1);
}
process.argv = [process.execPath, script, ...rest];
try {
  await import(COMMANDS[command as keyof typeof COMMANDS]);
} catch (error) {
  // One line in the container's log. A stack trace would hide the reason.
  process.stderr.write(`${command}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
