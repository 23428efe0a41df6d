/** Progress in a terminal: a bar, or a line at each tenth where there is none. */

import { SingleBar } from 'cli-progress';

/** What is shown while something goes on. */
export interface Progress {
  /** @param done so far. @param total of all; may grow. */
  update(done: number, total: number): void;
  /** Leaves the last state standing. */
  stop(): void;
}

/** Where progress is written. */
export type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;

const LABEL_WIDTH = 10;
const SHOW_EVERY = 0.1;

/**
 * Begins to show progress.
 * @param label what goes on, at most 10 characters line up.
 * @param unit what is counted, in the plural.
 */
export function startProgress(label: string, unit: string, output: Output = process.stdout): Progress {
  return output.isTTY ? startBar(label, unit) : startLines(label, unit, output);
}

/** A number as people read it: `12,345`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

function startBar(label: string, unit: string): Progress {
  const format = `  ${label.padEnd(LABEL_WIDTH)}{bar} {done}/{all} ${unit}, {rate}/s`;
  const bar = new SingleBar({
    format,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    // A hidden cursor would stay hidden after Ctrl-C.
    hideCursor: false,
    // Writes by itself at the frame rate only, whatever the rate of updates.
    fps: 10,
    gracefulExit: false,
  });
  const startedAt = performance.now();
  bar.start(1, 0, { done: '0', all: '0', rate: '0' });
  return {
    update(done, total) {
      const seconds = Math.max((performance.now() - startedAt) / 1000, 0.001);
      bar.setTotal(Math.max(total, 1));
      bar.update(done, { done: formatCount(done), all: formatCount(total), rate: formatCount(done / seconds) });
    },
    stop: () => bar.stop(),
  };
}

function startLines(label: string, unit: string, output: Output): Progress {
  let shownShare = 0;
  return {
    update(done, total) {
      const share = total > 0 ? done / total : 0;
      if (share < shownShare + SHOW_EVERY && (share < 1 || shownShare >= 1)) return;
      shownShare = share;
      output.write(`  ${label.padEnd(LABEL_WIDTH)}${formatCount(done)}/${formatCount(total)} ${unit}\n`);
    },
    stop() {},
  };
}
