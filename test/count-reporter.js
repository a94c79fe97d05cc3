import { writeSync } from 'node:fs';

/** Ends every run with one line that a program can read: `N passed, N failed`. */
export default class CountReporter {
  #failed = false;

  onRunComplete(
    _contexts,
    { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites, testResults },
  ) {
    const broken = numRuntimeErrorTestSuites;
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
    for (const { testResults: tests } of testResults) {
      for (const { status, fullName } of tests)
        if (status === 'pending') process.stdout.write(`skipped: ${fullName}\n`);
    }
    // CI has root and every tool: a test that is skipped there is one that nobody runs.
    if (process.env.CI === 'true' && numPendingTests > 0) {
      process.stdout.write('CI skips no test\n');
      this.#failed = true;
    }
    // On the way out, so that it stands below jest's own summary.
    process.once('exit', () => writeSync(1, `${numPassedTests} passed, ${numFailedTests + broken} failed${skipped}\n`));
  }

  getLastError() {
    return this.#failed ? new Error('CI skips no test') : undefined;
  }
}
