import yargs from 'yargs';
import { refusal } from '../contract/problem.ts';
import {
  bundleArguments,
  bundleOptions,
  collectOptions,
  evalOption,
  formatOption,
  keepGoingOption,
  keyOption,
  list,
  openingArguments,
  openingOptions,
  plainWords,
  positionals,
  redactionArguments,
  redactionOptions,
  refuseSecrets,
  runOptions,
  sealArguments,
  sealOptions,
  specArguments,
  specOptions,
  text,
  texts,
  undashed,
} from './arguments.ts';
import { exitCodes } from './exit.ts';
import { writeOut } from './output.ts';
import { version } from './version.ts';

/** Parses the arguments, runs the command that they name, and gives the exit code. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  refuseSecrets(argv);
  let exitCode: number = exitCodes.done;
  const run = (work: () => Promise<number>) => async () => {
    exitCode = await work();
  };
  let output = '';
  const parser = yargs()
    .scriptName('hostbundle')
    .usage('$0 COMMAND\n\nCollects host diagnostics into one bundle; judges bundles offline.')
    .detectLocale(false)
    .parserConfiguration({
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-positional-numbers': false,
    })
    .strict()
    .strictCommands()
    .recommendCommands()
    .updateStrings({
      'Not enough non-option arguments: got %s, need at least %s': {
        one: 'an argument is missing: got %s, need at least %s',
        other: 'an argument is missing: got %s, need at least %s',
      },
      'Did you mean %s?': 'unknown command; did you mean %s?',
    } as unknown as Record<string, string>)
    .demandCommand(1, 'name a command')
    .version(version)
    .help()
    .alias('help', 'h')
    .option('debug', { type: 'boolean', default: false, describe: 'show traces of errors', global: true })
    .wrap(100)
    .exitProcess(false)
    .epilogue(
      'Exit codes: 0 done or passed, 1 it broke, 2 your input, 3 a fail, 4 a warn, 5 not judged or not all collected.',
    )
    .command(
      'collect <SPEC..>',
      'collect what a spec asks for into one .tar.gz, and judge it',
      (command) =>
        runOptions(specOptions(positionals(command)))
          .option('two-ends', {
            type: 'boolean',
            default: false,
            describe: 'each tcpConnect looks for a `hostbundle listen` at its other end',
          })
          .option('review', {
            type: 'boolean',
            default: false,
            describe: 'on a terminal: show what the bundle is going to hold; any file can be dropped',
          })
          .option('fail-on', { choices: ['fail', 'warn'] as const, describe: 'exit 3 or 4 by the findings too' })
          .example('$0 collect spec.yaml -o host1.tar.gz', 'write host1.tar.gz, show the findings'),
      async (args) =>
        run(async () => {
          const { collect } = await import('./commands/collect.ts');
          return collect(texts(args.SPEC), {
            ...(await collectOptions(args)),
            failOn: args.failOn,
            review: args.review,
            twoEnds: args['two-ends'],
          });
        })(),
    )
    .command(
      'analyze <BUNDLE..>',
      'judge bundles, offline',
      (command) =>
        keyOption(
          openingOptions(
            specOptions(
              command.positional('BUNDLE', {
                type: 'string',
                demandOption: true,
                describe: '.tar.gz, folder, or - for standard input',
              }),
            ),
          ),
        )
          .option('spec', { ...list, describe: "rules in place of the bundle's own spec.yaml: file, folder, - or URL" })
          .option('format', formatOption)
          .option('eval', evalOption)
          .option('keep-going', keepGoingOption)
          .option('exit-zero', { type: 'boolean', default: false, describe: 'exit 0 whatever the verdicts' })
          .example('$0 analyze host1.tar.gz host2.tar.gz', "judge by each bundle's own rules")
          .example('$0 analyze host1.tar.gz --spec rules.yaml --format json', 'judge by newer rules'),
      async (args) =>
        run(async () => {
          const { analyze } = await import('./commands/analyze.ts');
          return analyze(texts(args.BUNDLE), {
            ...specArguments(args),
            spec: texts(args.spec),
            format: args.format,
            exitZero: args.exitZero,
            evals: args.eval,
            key: texts(args.key),
            ...openingArguments(args),
            keepGoing: args.keepGoing,
            debug: args.debug,
          });
        })(),
    )
    .command(
      'preflight <SPEC..>',
      'collect and judge now; keep no bundle unless --output asks for one',
      (command) =>
        runOptions(specOptions(positionals(command))).example(
          '$0 preflight host-preflight.yaml',
          'exit 0 pass, 4 warn, 3 fail, 5 not judged',
        ),
      async (args) =>
        run(async () => {
          const { preflight } = await import('./commands/preflight.ts');
          return preflight(texts(args.SPEC), await collectOptions(args));
        })(),
    )
    .command(
      'listen <SPEC..>',
      'be the other end: listen on the ports that a spec dials, into a bundle',
      (command) =>
        runOptions(specOptions(positionals(command))).example(
          '$0 listen spec.yaml -o far.tar.gz --timeout 5m',
          'meanwhile elsewhere: collect spec.yaml --two-ends -o near.tar.gz; then analyze far.tar.gz near.tar.gz',
        ),
      async (args) =>
        run(async () => {
          const { listen } = await import('./commands/listen.ts');
          return listen(texts(args.SPEC), await collectOptions(args));
        })(),
    )
    .command(
      'validate <SPEC..>',
      'tell every mistake of a spec, with its place; run nothing',
      (command) =>
        specOptions(positionals(command))
          .option('format', formatOption)
          .example('$0 validate specs/', 'every *.yaml, *.yml, *.json of a folder'),
      async (args) =>
        run(async () => {
          const { validate } = await import('./commands/validate.ts');
          return validate(texts(args.SPEC), { ...specArguments(args), format: args.format });
        })(),
    )
    .command(
      'inspect <BUNDLE> [PATH]',
      'what a bundle holds; with PATH, that file',
      (command) =>
        openingOptions(command)
          .positional('BUNDLE', { type: 'string', demandOption: true, describe: '.tar.gz, folder, or -' })
          .positional('PATH', { type: 'string', describe: 'path inside the bundle' })
          .option('format', formatOption)
          .option('raw', { type: 'boolean', default: false, describe: 'bytes as they are, also to a terminal' })
          .option('keep-going', keepGoingOption)
          .example('$0 inspect host1.tar.gz host-collectors/connect/connect.json', 'one file to stdout'),
      async (args) =>
        run(async () => {
          const { inspect } = await import('./commands/inspect.ts');
          const { format, raw, keepGoing } = args;
          return inspect(undashed(args.BUNDLE), args.PATH, { format, raw, keepGoing, ...openingArguments(args) });
        })(),
    )
    .command(
      'verify <BUNDLE>',
      'check every file against the manifest, and who signed it',
      (command) =>
        keyOption(openingOptions(command))
          .positional('BUNDLE', { type: 'string', demandOption: true, describe: '.tar.gz, folder, or -' })
          .option('format', formatOption)
          .example('$0 verify host1.tar.gz', 'exit 0 sound, 2 broken, 5 cannot be checked')
          .option('redaction', {
            type: 'boolean',
            default: false,
            describe: 'search it for secrets once more: exit 3 when there are any, 5 when a file cannot be searched',
          })
          .option('canary', {
            ...text,
            describe: 'file of known secrets, one a line, each looked for in every form and place',
          })
          .example('$0 verify host1.tar.gz --key vendor.pub', 'sound only if that key signed it')
          .example('$0 verify host1.tar.gz --redaction --canary passwords.txt', 'before it leaves the house'),
      async (args) =>
        run(async () => {
          const { verify } = await import('./commands/verify.ts');
          const { key, format, redaction, canary } = args;
          return verify(undashed(args.BUNDLE), {
            format,
            key: texts(key),
            redaction: redaction || canary !== undefined,
            canary,
            ...openingArguments(args),
          });
        })(),
    )
    .command(
      'redact <BUNDLE>',
      'make a new bundle of one, with every file through redaction',
      (command) =>
        redactionOptions(sealOptions(openingOptions(command)))
          .positional('BUNDLE', {
            type: 'string',
            demandOption: true,
            describe: '.tar.gz or folder, also of other tools',
          })
          .example('$0 redact host1.tar.gz -o clean.tar.gz', 'exit 5 when a file had to be withheld'),
      async (args) =>
        run(async () => {
          const { redact } = await import('./commands/redact.ts');
          const options = { ...sealArguments(args), ...redactionArguments(args), ...openingArguments(args) };
          return redact(undashed(args.BUNDLE), options);
        })(),
    )
    .command(
      'recover [FOLDER]',
      'make a bundle of what a killed run had noted',
      (command) =>
        bundleOptions(command)
          .positional('FOLDER', {
            type: 'string',
            describe: 'working folder of that run, in $TMPDIR; default: the only one there is',
          })
          .example('$0 recover', 'writes it where the killed run was to'),
      async (args) =>
        run(async () => {
          const { recover } = await import('./commands/recover.ts');
          return recover(args.FOLDER, bundleArguments(args));
        })(),
    )
    .command(
      'reveal [FILE]',
      'put identities back into text that has stand-ins',
      (command) =>
        command
          .positional('FILE', {
            type: 'string',
            default: '-',
            describe: 'report or other text; default: standard input',
          })
          .option('mask-map', { ...text, demandOption: true, describe: 'what collect --mask-map wrote' })
          .option('raw', { type: 'boolean', default: false, describe: 'bytes as they are, also to a terminal' })
          .example('$0 analyze host1.tar.gz | $0 reveal --mask-map host1.map', 'the report with its addresses'),
      async (args) =>
        run(async () => {
          const { reveal } = await import('./commands/reveal.ts');
          return reveal(undashed(args.FILE), { maskMap: args['mask-map'], raw: args.raw });
        })(),
    )
    .command(
      'keygen',
      'make a pair of keys, to sign bundles and to check them',
      (command) =>
        command
          .option('output', {
            ...text,
            alias: 'o',
            default: 'hostbundle-key.pem',
            describe: 'file of the private key; the public one is put beside it, as FILE.pub',
          })
          .option('format', formatOption)
          .example('$0 keygen -o vendor.pem', 'then collect --sign vendor.pem, and verify --key vendor.pem.pub'),
      async (args) =>
        run(async () => {
          const { keygen } = await import('./commands/keygen.ts');
          return keygen(args.output, { format: args.format });
        })(),
    )
    .command(
      'explain [TYPE]',
      'what a collector or analyzer takes, writes and can say; or redaction, what is masked',
      (command) =>
        command
          .positional('TYPE', { type: 'string', describe: 'such as tcpConnect, or redaction' })
          .example('$0 explain tcpConnect', 'its parameters, its result, an example'),
      async (args) =>
        run(async () => {
          const { explain } = await import('./commands/explain.ts');
          return explain(args.TYPE);
        })(),
    )
    .command(
      'schema [KIND]',
      'JSON Schema for editors',
      (command) =>
        command
          .positional('KIND', {
            type: 'string',
            describe: 'such as HostPreflight, manifest, tcpConnect.result; default: any spec',
          })
          .option('output', { ...text, alias: 'o', describe: 'write every schema into this folder instead' })
          .example(
            '$0 schema HostPreflight > host-preflight.json',
            'for `# yaml-language-server: $schema=host-preflight.json`',
          ),
      async (args) =>
        run(async () => {
          const { schema } = await import('./commands/schema.ts');
          return schema(args.KIND, args.output);
        })(),
    )
    .command(
      'quickstart',
      'a first bundle of this host, over loopback alone',
      (command) => runOptions(specOptions(command)).example('$0 quickstart', 'what `npm start` runs'),
      async (args) =>
        run(async () => {
          const { quickstart } = await import('./commands/quickstart.ts');
          return quickstart(await collectOptions(args));
        })(),
    )
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined && error !== null && message === null) throw error;
      const text = (message ?? error?.message ?? '').replace(/\s*\n\s*/g, ' ');
      const [command = ''] = argv.filter((word) => !word.startsWith('-'));
      const extra = /^Unknown commands?: (.+)$/.exec(text)?.[1];
      const isExtra = extra !== undefined && !extra.split(', ').includes(command);
      throw refusal(
        'arguments',
        isExtra ? `${command} takes no ${extra}; see hostbundle ${command} --help` : `${text}; see hostbundle --help`,
      );
    });

  await parser.parseAsync(plainWords(argv), {}, (_error, _args, text) => {
    output = text;
  });
  if (output !== '') await writeOut(`${output}\n`);
  return exitCode;
}
