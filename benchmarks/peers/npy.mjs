// Reads and writes .npy files, with elements of the types that onnxruntime-node has.

import fs from 'node:fs';
import path from 'node:path';

// ONNX Runtime's names, NumPy's, and what holds the elements.
const TYPES = [
  ['float32', '<f4', Float32Array],
  ['float64', '<f8', Float64Array],
  ['float16', '<f2', Uint16Array],
  ['int8', '|i1', Int8Array],
  ['uint8', '|u1', Uint8Array],
  ['int16', '<i2', Int16Array],
  ['uint16', '<u2', Uint16Array],
  ['int32', '<i4', Int32Array],
  ['uint32', '<u4', Uint32Array],
  ['int64', '<i8', BigInt64Array],
  ['uint64', '<u8', BigUint64Array],
  ['bool', '|b1', Uint8Array],
];

/** The type, shape and elements of a row-major array. */
export function readNpy(file) {
  const bytes = fs.readFileSync(file);
  const version = bytes[6];
  const start = version === 1 ? 10 : 12;
  const end = start + (version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  const header = bytes.toString('latin1', start, end);
  const found = TYPES.find(([, name]) => header.includes(`'descr': '${name}'`));
  if (!found || !/'fortran_order': False/.test(header)) {
    throw new Error(`${file}: expected a row-major array of numbers, found ${header.trim()}`);
  }
  const [type, , Elements] = found;
  const extents = header.match(/'shape': \(([^)]*)\)/)[1].split(',');
  const shape = extents.filter((extent) => extent.trim()).map(Number);
  const elements = new Elements(bytes.buffer.slice(bytes.byteOffset + end,
                                                   bytes.byteOffset + bytes.length));
  return { type, shape, elements };
}

/** Writes a row-major array. */
export function writeNpy(file, { type, shape, elements }) {
  const found = TYPES.find(([name]) => name === type);
  if (!found) throw new Error(`${file}: cannot write elements of type ${type}`);
  const extents = shape.map((extent) => `${extent},`).join(' ');
  const header = `{'descr': '${found[1]}', 'fortran_order': False, 'shape': (${extents}), }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 0, 0]);
  start.writeUInt16LE(padded.length, 8);
  const data = Buffer.from(elements.buffer, elements.byteOffset, elements.byteLength);
  fs.writeFileSync(file, Buffer.concat([start, Buffer.from(padded, 'latin1'), data]));
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
