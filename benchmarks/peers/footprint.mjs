// node footprint.mjs IDENTITY-MODEL IDENTITY-FOLDER MODEL FOLDER: what it takes ONNX Runtime, in
// this process, to make a session of a float model and to run it, once it has made one that does
// nothing. Prints JSON.

import { peakKilobytes } from './memory.mjs';
import { openOnnxRuntime } from './onnxruntime.mjs';

const RUNS = 3;
const [identity, identityFolder, model, folder] = process.argv.slice(2);
await (await openOnnxRuntime(identity, identityFolder, 1)).run(RUNS);
const before = peakKilobytes('self');
const session = await openOnnxRuntime(model, folder, 1);
await session.run(RUNS);
const kilobytes = peakKilobytes('self') - before;
console.log(JSON.stringify({ nanoseconds: session.nanoseconds, kilobytes }));
