// Times sessions side by side.

import { setTimeout } from 'node:timers/promises';

const BLOCK = 20e6; // nanoseconds that a session is run for, at least once, in each round
const MOST_RUNS = 500;
const PAUSE = 100; // milliseconds for which ONNX Runtime's threads may go on spinning after a run

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * In each round every session runs a block, another one first each time, so that a change of the
 * machine's speed meets all of them. As many runs as are measured come before, unmeasured: they
 * bring the weights back into the caches. Where sessions have several threads, a pause before lets
 * those of the session before fall asleep.
 * Returns for each name the median over the rounds of the blocks' medians and the least time of all,
 * in microseconds.
 */
export async function measure(sessions, rounds, threads) {
  const contenders = [];
  for (const [name, session] of Object.entries(sessions)) {
    const estimate = Math.min(...await session.run(3));
    const times = Math.min(Math.max(Math.floor(BLOCK / estimate), 1), MOST_RUNS);
    contenders.push({ name, session, times, medians: [], best: Infinity });
  }
  for (let round = 0; round < rounds; ++round) {
    for (let i = 0; i < contenders.length; ++i) {
      const contender = contenders[(round + i) % contenders.length];
      if (threads > 1) await setTimeout(PAUSE);
      await contender.session.run(contender.times);
      const samples = await contender.session.run(contender.times);
      contender.medians.push(median(samples));
      contender.best = Math.min(contender.best, ...samples);
    }
  }
  return Object.fromEntries(contenders.map(
    ({ name, medians, best }) => [name, { median: median(medians) / 1e3, best: best / 1e3 }]));
}
