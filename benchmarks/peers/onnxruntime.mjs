// ONNX Runtime in this process.

import ort from 'onnxruntime-node';

import { inputFiles, readNpy } from './npy.mjs';

const ERRORS_ONLY = 3;
const FATAL_ONLY = 4;

/** The inputs of the model's folder, by the session's names. */
function feedsOf(session, folder) {
  const feeds = {};
  inputFiles(folder).forEach((file, i) => {
    const { type, shape, elements } = readNpy(file);
    feeds[session.inputNames[i]] = new ort.Tensor(type, elements, shape);
  });
  return feeds;
}

/** Makes a session and feeds it the inputs of the model's folder. */
export async function openOnnxRuntime(model, folder, threads) {
  const start = process.hrtime.bigint();
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: ERRORS_ONLY,
  });
  const nanoseconds = Number(process.hrtime.bigint() - start);
  const feeds = feedsOf(session, folder);
  return {
    nanoseconds,
    run: async (times) => {
      const samples = [];
      for (let i = 0; i < times; ++i) {
        const begin = process.hrtime.bigint();
        await session.run(feeds);
        samples.push(Number(process.hrtime.bigint() - begin));
      }
      return samples;
    },
    outputs: async () => {
      const outputs = await session.run(feeds);
      return session.outputNames.map((name) => outputs[name].data);
    },
    close: () => session.release(),
  };
}

/** Writes a model as the basic optimizations leave it: what quantization starts from. */
export async function writeOptimized(model, file) {
  const session = await ort.InferenceSession.create(model, {
    graphOptimizationLevel: 'basic',
    optimizedModelFilePath: file,
    logSeverityLevel: ERRORS_ONLY,
  });
  await session.release();
}

/** What a model says by the letter of ONNX, without optimizations, on the inputs of its folder. */
export async function runOnce(model, folder) {
  const session = await ort.InferenceSession.create(model, {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: FATAL_ONLY,
  });
  try {
    const outputs = await session.run(feedsOf(session, folder));
    return session.outputNames.map((name) => {
      const { type, dims, data } = outputs[name];
      return { type, shape: dims, elements: data };
    });
  } finally {
    await session.release();
  }
}
