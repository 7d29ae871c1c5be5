// Waiting for a condition. The limit only says when something hangs; it is no measure of speed.
import { setTimeout as pause } from 'node:timers/promises';

export const HUNG = Number(process.env.GANTRY_TEST_HUNG_MS ?? 60_000);

/** Gives the first true value of `condition`, which may be asynchronous; asks often at first, then less often. */
export async function until(what, condition, limit = HUNG) {
  const end = Date.now() + limit;
  for (let wait = 2; ; wait = Math.min(wait * 1.5, 250)) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end)
      throw new Error(`hung for ${limit} ms: ${typeof what === 'function' ? what() : what}`);
    await pause(wait);
  }
}

/** The promise's value, or an error that names what hung. */
export async function within(what, promise, limit = HUNG) {
  let timer;
  const hung = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hung for ${limit} ms: ${what}`)), limit);
  });
  try {
    return await Promise.race([promise, hung]);
  } finally {
    clearTimeout(timer);
  }
}
