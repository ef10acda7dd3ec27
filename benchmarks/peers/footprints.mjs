// What it takes to make a session and run it: time and memory, each in processes of their own that
// have made a session of `identity` before, so that the engine itself is loaded and does not count.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { peakKilobytes } from './memory.mjs';
import { Octavo } from './octavo.mjs';
import { median } from './rounds.mjs';

const PROCESSES = 3;
const RUNS = 3;

function ofOnnxRuntime(identity, model) {
  const program = fileURLToPath(new URL('footprint.mjs', import.meta.url));
  const models = [identity.file, identity.folder, model.file, model.folder];
  return JSON.parse(execFileSync(process.execPath, [program, ...models], { encoding: 'utf8' }));
}

async function ofOctavo(serve, identity, model, precision) {
  const octavo = new Octavo(serve);
  await (await octavo.open(identity.file, identity.folder, precision, 1)).run(RUNS);
  const before = peakKilobytes(octavo.pid);
  const session = await octavo.open(model.file, model.folder, precision, 1);
  await session.run(RUNS);
  const kilobytes = peakKilobytes(octavo.pid) - before;
  octavo.quit();
  return { nanoseconds: session.nanoseconds, kilobytes };
}

/** Median milliseconds to make a session, and median kilobytes of peak memory. */
async function repeated(once) {
  const results = [];
  for (let i = 0; i < PROCESSES; ++i) results.push(await once());
  return {
    milliseconds: median(results.map((result) => result.nanoseconds)) / 1e6,
    kilobytes: median(results.map((result) => result.kilobytes)),
  };
}

export async function footprints(serve, identity, model) {
  return {
    ortFloat: await repeated(() => ofOnnxRuntime(identity, model)),
    octavoInt8: await repeated(() => ofOctavo(serve, identity, model, 'int8')),
    octavoAutomatic: await repeated(() => ofOctavo(serve, identity, model, 'automatic')),
  };
}
