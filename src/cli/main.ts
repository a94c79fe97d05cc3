/** Entry of the program: arguments to a command, its exit code to the process. Commands load only when they run. */
import { exitCodes, reportError } from './exit.ts';
import { ignoreClosedPipes } from './output.ts';

export async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === '--child') {
    const { runResolverChild } = await import('../net/resolver-child.ts');
    runResolverChild();
    return;
  }
  ignoreClosedPipes();
  const debug = argv.includes('--debug');
  const crash = (error: unknown) => {
    void reportError(error, debug).then(() => process.exit(exitCodes.broken));
  };
  process.once('uncaughtException', crash);
  process.once('unhandledRejection', crash);
  try {
    const { runCommand } = await import('./commands.ts');
    process.exitCode = await runCommand(argv);
  } catch (error) {
    process.exitCode = await reportError(error, debug);
  }
}
