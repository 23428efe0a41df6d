/** Loaded before a child's own script (`--import`): ends the child in order when its parent is gone, even if killed. */

process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The channel alone is no reason to go on.
process.channel?.unref();
