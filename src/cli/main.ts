/** Entry of the program: arguments to a command, its exit code to the process. Commands load only when they run. */
import { exitCodes, reportError } from './exit.ts';
import { ignoreClosedPipes } from './output.ts';

export async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === '--child') {
    await runChild(argv[1], argv[2]);
    return;
  }
  ignoreClosedPipes();
  const debug = argv.includes('--debug');
  const crash = (error: unknown) => {
    void reportError(
      error,
      debug,
      argv.find((word, index) => index > 0 && !word.startsWith('-')),
    ).then(() => process.exit(exitCodes.broken));
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

async function runChild(kind: string | undefined, order = ''): Promise<void> {
  if (kind === 'echo') {
    const { runEchoChild } = await import('../net/echo-child.ts');
    await runEchoChild(order);
    return;
  }
  const { runResolverChild } = await import('../net/resolver-child.ts');
  runResolverChild();
}
