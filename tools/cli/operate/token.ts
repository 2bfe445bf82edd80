import { Argument, Command, Option } from 'commander';
import { readEnvironment } from '../../stack/environment.js';
import { demoToken } from '../clients/demo-token.js';
import { userId } from '../clients/user-id.js';

const command = new Command('npm run token --')
  .description('Prints a demo access token (JWT) that is valid for 12 hours.')
  .addArgument(new Argument('<user>', 'the user id in the token').argParser(userId))
  .addOption(
    new Option('--role <role>', 'the role of the user')
      .choices(['customer', 'operator'])
      .default('customer'),
  )
  .addHelpText('after', '\nExample:\n  npm run -s token -- alice --role operator')
  .parse();

const { role } = command.opts<{ role: 'customer' | 'operator' }>();
const [user = ''] = command.processedArgs as string[];
console.log(await demoToken(readEnvironment(), { userId: user, role }));
