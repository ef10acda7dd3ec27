// node compare.mjs [--rounds N] [--only NAME] SERVE WORK RESULT FOLDER...
//
// Measures Octavo beside ONNX Runtime on every FOLDER/NAME/model.onnx with its input_I.npy and
// writes what it found to RESULT, as JSON for report.mjs. SERVE is octavo_serve; WORK is for
// quantized models. One of the models must be `identity`, which shows what a call costs.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { footprints } from './footprints.mjs';
import { largestError, signalToNoise } from './closeness.mjs';
import { Octavo } from './octavo.mjs';
import { openOnnxRuntime, writeOptimized } from './onnxruntime.mjs';
import { measure } from './rounds.mjs';

const FLOAT_TOLERANCE = 1e-3;
const here = path.dirname(fileURLToPath(import.meta.url));

const { values: options, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '11' }, only: { type: 'string' } },
  allowPositionals: true,
});
const [serve, work, resultFile, ...folders] = positionals;

/** All models below the folders: their names, files and folders. */
function findModels() {
  const models = [];
  for (const parent of folders) {
    for (const name of fs.readdirSync(parent).sort()) {
      const folder = path.join(parent, name);
      const file = path.join(folder, 'model.onnx');
      if (fs.existsSync(file)) models.push({ name, folder, file });
    }
  }
  return models;
}

/** Writes what quantize_dynamic makes of a model and returns the file. */
async function quantize({ name, file }) {
  const optimized = path.join(work, `${name}.optimized.onnx`);
  const quantized = path.join(work, `${name}.quantized.onnx`);
  await writeOptimized(file, optimized);
  execFileSync(path.join(here, 'quantize_dynamic.py'), [optimized, quantized]);
  fs.unlinkSync(optimized);
  return quantized;
}

/** The sessions of all contenders, by their names in the result. */
async function openAll(octavo, { file, folder }, quantized, threads) {
  return {
    call: await openOnnxRuntime(identity.file, identity.folder, threads),
    ortFloat: await openOnnxRuntime(file, folder, threads),
    ortInt8: await openOnnxRuntime(quantized, folder, threads),
    octavoFloat: await octavo.open(file, folder, 'float32', threads),
    octavoInt8: await octavo.open(file, folder, 'int8', threads),
    octavoAutomatic: await octavo.open(file, folder, 'automatic', threads),
  };
}

/** Throws unless both engines compute the same in float; returns how close int8 comes. */
async function compareOutputs(sessions) {
  const expected = await sessions.ortFloat.outputs();
  for (const session of Object.values(sessions)) await session.run(1);
  const error = largestError(expected, await sessions.octavoFloat.outputs());
  if (!(error <= FLOAT_TOLERANCE)) {
    throw new Error(`the float outputs differ by ${error} of the largest element`);
  }
  return {
    error,
    ortInt8: signalToNoise(expected, await sessions.ortInt8.outputs()),
    octavoInt8: signalToNoise(expected, await sessions.octavoInt8.outputs()),
    octavoAutomatic: signalToNoise(expected, await sessions.octavoAutomatic.outputs()),
  };
}

async function compareModel(octavo, model) {
  const result = { name: model.name, threads: {} };
  const quantized = await quantize(model);
  for (const threads of [1, 2]) {
    const sessions = await openAll(octavo, model, quantized, threads);
    result.closeness = await compareOutputs(sessions);
    result.threads[threads] = await measure(sessions, Number(options.rounds), threads);
    await sessions.call.close();
    await sessions.ortFloat.close();
    await sessions.ortInt8.close();
    await octavo.close();
  }
  result.footprints = await footprints(serve, identity, model);
  return result;
}

const found = findModels();
const identity = found.find(({ name }) => name === 'identity');
const octavo = new Octavo(serve);
const packageFile = path.join(here, 'node_modules/onnxruntime-node/package.json');
const report = {
  cpu: os.cpus()[0].model.trim(),
  cores: os.cpus().length,
  isa: await octavo.isa(),
  node: process.versions.node,
  onnxruntime: JSON.parse(fs.readFileSync(packageFile)).version,
  rounds: Number(options.rounds),
  models: [],
  skipped: [],
};
fs.mkdirSync(work, { recursive: true });
for (const model of found) {
  if (model === identity || (options.only ?? model.name) !== model.name) continue;
  console.error(`  ${model.name}`);
  try {
    report.models.push(await compareModel(octavo, model));
  } catch (error) {
    await octavo.close();
    report.skipped.push({ name: model.name, reason: error.message.replace(`${model.file}: `, '') });
  }
}
octavo.quit();
fs.writeFileSync(resultFile, `${JSON.stringify(report, null, 1)}\n`);
