// node bert.mjs SERVE FOLDER: compares FOLDER/model.onnx in Octavo, in float and int8, with ONNX
// Runtime's float outputs, and prints times of interleaved runs on one thread. Fails when the cosine
// of an output is below 0.999.

import path from 'node:path';

import { cosine, largestError } from '../../benchmarks/peers/closeness.mjs';
import { Octavo } from '../../benchmarks/peers/octavo.mjs';
import { openOnnxRuntime } from '../../benchmarks/peers/onnxruntime.mjs';
import { median } from '../../benchmarks/peers/rounds.mjs';

const LEAST_COSINE = 0.999;
const ROUNDS = 5;
const [serve, folder] = process.argv.slice(2);
const model = path.join(folder, 'model.onnx');
const octavo = new Octavo(serve);
const sessions = {
  'ONNX Runtime float32': await openOnnxRuntime(model, folder, 1),
  'Octavo float32': await octavo.open(model, folder, 'float32', 1),
  'Octavo int8': await octavo.open(model, folder, 'int8', 1),
};
const times = {};
for (let round = 0; round < ROUNDS; ++round) {
  for (const [name, session] of Object.entries(sessions)) {
    (times[name] ??= []).push(...await session.run(1));
  }
}
const expected = await sessions['ONNX Runtime float32'].outputs();
for (const [name, session] of Object.entries(sessions)) {
  const found = await session.outputs();
  const close = cosine(expected, found);
  if (!(close >= LEAST_COSINE)) process.exitCode = 1;
  console.log(`${name}: ${(median(times[name]) / 1e6).toFixed(0)} ms,`
    + ` created in ${(session.nanoseconds / 1e6).toFixed(0)} ms, cosine ${close.toFixed(6)},`
    + ` largest error ${largestError(expected, found).toPrecision(2)} of the largest element`);
}
octavo.quit();
