// node reference.mjs FOLDER: runs each FOLDER/NAME/model.onnx on its input_I.npy in ONNX Runtime and
// writes expected_I.npy, or refused.txt with the reason where ONNX Runtime cannot run it. Folders
// with an answer are left alone: where ONNX Runtime itself crashes, refused.txt is there already and
// says so, and starting this again goes on behind that model.

import fs from 'node:fs';
import path from 'node:path';

import { runOnce } from '../../benchmarks/peers/onnxruntime.mjs';
import { writeNpy } from '../../benchmarks/peers/npy.mjs';

const [parent] = process.argv.slice(2);
for (const name of fs.readdirSync(parent).sort()) {
  const folder = path.join(parent, name);
  const refused = path.join(folder, 'refused.txt');
  if (fs.existsSync(refused) || fs.existsSync(path.join(folder, 'expected_0.npy'))) continue;
  fs.writeFileSync(refused, 'ONNX Runtime crashed\n');
  try {
    const outputs = await runOnce(path.join(folder, 'model.onnx'), folder);
    outputs.forEach((output, i) => writeNpy(path.join(folder, `expected_${i}.npy`), output));
    fs.unlinkSync(refused);
  } catch (error) {
    fs.writeFileSync(refused, `${error.message}\n`);
  }
}
