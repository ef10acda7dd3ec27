// How close outputs come to expected ones: arrays of one typed or plain array for each output.

/** The largest difference over all outputs, relative to the largest element of the output. */
export function largestError(expected, found) {
  return Math.max(...expected.map((output, o) => {
    let difference = 0;
    let largest = 0;
    output.forEach((value, i) => {
      const error = Math.abs(value - found[o][i]);
      difference = Number.isFinite(error) ? Math.max(difference, error) : Infinity;
      largest = Math.max(largest, Math.abs(value));
    });
    return difference / (largest || 1);
  }));
}

/** Signal to quantization noise ratio in dB, of the worst output. */
export function signalToNoise(expected, found) {
  return Math.min(...expected.map((output, o) => {
    let signal = 0;
    let noise = 0;
    output.forEach((value, i) => {
      signal += value ** 2;
      noise += (value - found[o][i]) ** 2;
    });
    return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
  }));
}

/** The cosine of the angle between the outputs, of the worst one. */
export function cosine(expected, found) {
  return Math.min(...expected.map((output, o) => {
    let product = 0;
    let first = 0;
    let second = 0;
    output.forEach((value, i) => {
      product += value * found[o][i];
      first += value ** 2;
      second += found[o][i] ** 2;
    });
    return product / Math.sqrt(first * second);
  }));
}
