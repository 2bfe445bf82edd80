import { Argument, Command, Option } from 'commander';
import { readEnvironment } from '../../stack/environment.js';
import { demoToken } from '../clients/demo-token.js';
import { userId } from '../clients/user-id.js';

const command = new Command('token')
  .description('mints a demo token, valid for 12 hours')
  .addArgument(new Argument('<user>', 'who it is for').argParser(userId))
  .addOption(
    new Option('--role <role>', 'what its bearer may do')
      .choices(['customer', 'operator'])
      .default('customer'),
  )
  .parse();

const { role } = command.opts<{ role: 'customer' | 'operator' }>();
const [user = ''] = command.processedArgs as string[];
console.log(await demoToken(readEnvironment(), { userId: user, role }));
