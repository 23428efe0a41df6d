/** Names each failed test once more at the very end: of a long log often the end alone is kept. */
import type { Reporter, TestModule } from 'vitest/node';

/** A reporter of vitest's that stands after the default one. */
export const failedLast: Reporter = {
  onTestRunEnd(modules) {
    const failed = modules.flatMap(failuresOf);
    if (failed.length > 0) process.stderr.write(`\nFailed:\n${failed.join('\n')}\n`);
  },
};

function failuresOf(module: TestModule): string[] {
  const file = module.relativeModuleId;
  const suites = [...module.children.allSuites()];
  const tests = [...module.children.allTests('failed')];
  return [
    ...module.errors().map(({ message }) => lineOf(file, message)),
    ...suites.flatMap((suite) => suite.errors().map(({ message }) => lineOf(`${file} > ${suite.fullName}`, message))),
    ...tests.map((test) => lineOf(`${file} > ${test.fullName}`, test.result().errors?.[0]?.message)),
  ];
}

/** One line for a failure: where, and the beginning of its message. */
function lineOf(name: string, message = ''): string {
  return `- ${name}: ${message.replaceAll(/\s+/g, ' ').slice(0, 200)}`;
}
