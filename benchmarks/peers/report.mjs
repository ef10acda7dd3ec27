// node report.mjs RESULT...: prints docs/onnxruntime-ISA.md from what compare.mjs measured, all
// models in one run or some of them in each, on a CPU whose best instruction set is ISA.

import fs from 'node:fs';

const CONTENDERS = {
  ortFloat: 'ONNX Runtime float',
  ortInt8: 'ONNX Runtime int8',
  octavoFloat: 'Octavo float',
  octavoInt8: 'Octavo int8',
  octavoAutomatic: 'Octavo automatic',
};
const RATIOS = [
  ['ortFloat', 'octavoAutomatic', 'float ÷ automatic'],
  ['ortInt8', 'octavoAutomatic', 'int8 ÷ automatic'],
  ['ortFloat', 'octavoFloat', 'float ÷ float'],
];

const number = (value) => value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
const decibels = (value) => value === null ? 'exact' : value.toFixed(1);
const megabytes = (kilobytes) => (kilobytes / 1024).toFixed(1);
const geometricMean = (values) => Math.exp(
  values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

function table(columns, rows) {
  return [columns, columns.map((_, i) => (i ? '---:' : '---')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The times of a model without the call from Node; those it leaves nothing of are undefined. */
function netTimes(measured, kind) {
  return Object.fromEntries(Object.keys(CONTENDERS).map((name) => {
    const call = name.startsWith('ort') ? measured.call[kind] : 0;
    const time = measured[name][kind] - call;
    return [name, time > 0 ? time : undefined];
  }));
}

function speedTable({ models }, threads, kind) {
  const gathered = RATIOS.map(() => []);
  const rows = models.map((model) => {
    const measured = model.threads[threads];
    const times = netTimes(measured, kind);
    const ratios = RATIOS.map(([theirs, ours], i) => {
      const ratio = times[theirs] / times[ours];
      if (ratio) gathered[i].push(ratio);
      return ratio ? ratio.toFixed(2) : '-';
    });
    const cells = Object.values(times).map((time) => time ? number(time) : '-');
    return [model.name, ...cells, ...ratios, number(measured.call[kind])];
  });
  const empty = Object.keys(CONTENDERS).map(() => '');
  const means = gathered.map((all) => geometricMean(all).toFixed(2));
  rows.push(['geometric mean', ...empty, ...means, '']);
  const titles = RATIOS.map(([, , title]) => title);
  return table(['model', ...Object.values(CONTENDERS), ...titles, 'call'], rows);
}

function speeds(result, threads) {
  const count = threads === 1 ? 'One thread' : 'Two threads';
  return `## ${count}

Medians:

${speedTable(result, threads, 'median')}

The fastest runs:

${speedTable(result, threads, 'best')}
`;
}

function closeness({ models }) {
  const names = ['ortInt8', 'octavoInt8', 'octavoAutomatic'];
  const rows = models.map((model) => [model.name, model.closeness.error.toExponential(0),
                                      ...names.map((name) => decibels(model.closeness[name]))]);
  return table(['model', 'float', ...names.map((name) => CONTENDERS[name])], rows);
}

function footprints({ models }) {
  const names = ['ortFloat', 'octavoInt8', 'octavoAutomatic'];
  const rows = models.map((model) => [
    model.name,
    ...names.map((name) => number(model.footprints[name].milliseconds)),
    ...names.map((name) => megabytes(model.footprints[name].kilobytes))]);
  const titles = (unit) => names.map((name) => `${CONTENDERS[name]}, ${unit}`);
  return table(['model', ...titles('ms'), ...titles('MB')], rows);
}

function machine(result) {
  return table(['', ''], [['CPU', `${result.cpu}, ${result.cores} cores`],
                          ['instruction set', result.isa],
                          ['ONNX Runtime', result.onnxruntime],
                          ['Node', result.node]]).replace('---:', '---');
}

function skipped({ skipped: list }) {
  if (!list.length) return '';
  return `
## Not compared

${table(['model', 'reason'], list.map(({ name, reason }) => [name, reason.replaceAll('|', '\\|')]))
    .replace('---:', '---')}
`;
}

const results = process.argv.slice(2).map((file) => JSON.parse(fs.readFileSync(file)));
const result = {
  ...results[0],
  models: results.flatMap(({ models }) => models),
  skipped: results.flatMap(({ skipped: list }) => list),
};
process.stdout.write(`# Octavo and ONNX Runtime

Written by \`scripts/compare-onnxruntime\`: whole models in Octavo and in ONNX Runtime,
side by side in one run, each with all instructions of this CPU that it has kernels for.

${machine(result)}

## How it was measured

Both engines run the same ONNX file on the same input with batch 1, if the name says nothing else:
the trained models of the test data folder, and the built-in models with random weights. The float
outputs of both must agree to 0.1 % of the largest element before anything is timed.

*ONNX Runtime int8* is dynamic quantization too: the graph that its \`quantize_dynamic\` makes after
its basic optimizations, rebuilt by \`benchmarks/peers/quantize_dynamic.py\`. One scale per weight
tensor, all eight bits; int8 weights for \`MatMulInteger\`, uint8 ones for \`ConvInteger\`, with
which ONNX Runtime is the faster. Its int8 products may saturate on CPUs without int8 dot products.

In each of ${result.rounds} rounds every contender runs for about 20 ms unmeasured, then as long
measured; another one begins each time. With two threads there is a pause before, in which the
spinning threads of the contender before fall asleep. Times are in microseconds: the median over the rounds of
the median of a round, or the fastest run of all. ONNX Runtime is called from Node; the column
*call* is what such a call of a model of one \`Identity\` takes, measured in the same rounds, and
**is taken off ONNX Runtime's times**. Where a model takes less than the call, small differences of
the call decide. The columns with ÷ are ONNX Runtime's time by Octavo's: above 1 Octavo is faster.

${speeds(result, 1)}
${speeds(result, 2)}
## Outputs

The largest difference of the float outputs, relative to the largest element, and the signal to
quantization noise ratio in dB of int8 outputs against ONNX Runtime's float outputs, for this one
input and the worst output.

${closeness(result)}

## Making a session

Median time to load the file and make a session for one thread, and by how much that and three runs
raise the peak of the resident memory, each in processes of their own which have made a session of
another model before. The file, which Octavo maps, counts as far as it is resident. Planning in int8
fits weights to exact chains; \`automatic\` measures the layers on top of that.

${footprints(result)}
${skipped(result)}`);
