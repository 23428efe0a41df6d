/** Loaded into a server by `--expose-gc --import`: at SIGUSR2 it collects garbage and prints the memory that is left. */

import { readMemory } from './memory.js';

process.on('SIGUSR2', () => console.log(JSON.stringify({ memory: readMemory() })));
