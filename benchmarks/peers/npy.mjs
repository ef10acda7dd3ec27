// Reads the .npy files of a model's folder.

import fs from 'node:fs';
import path from 'node:path';

/** The shape and elements of a row-major float32 array. */
export function readNpy(file) {
  const bytes = fs.readFileSync(file);
  const version = bytes[6];
  const start = version === 1 ? 10 : 12;
  const end = start + (version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  const header = bytes.toString('latin1', start, end);
  if (!/'descr': '<f4'/.test(header) || !/'fortran_order': False/.test(header)) {
    throw new Error(`${file}: expected row-major float32, found ${header.trim()}`);
  }
  const extents = header.match(/'shape': \(([^)]*)\)/)[1].split(',');
  const shape = extents.filter((extent) => extent.trim()).map(Number);
  const elements = new Float32Array(bytes.buffer.slice(bytes.byteOffset + end,
                                                       bytes.byteOffset + bytes.length));
  return { shape, elements };
}

/** The files input_0.npy, input_1.npy, ... of a folder. */
export function inputFiles(folder) {
  const files = [];
  for (;;) {
    const file = path.join(folder, `input_${files.length}.npy`);
    if (!fs.existsSync(file)) return files;
    files.push(file);
  }
}
