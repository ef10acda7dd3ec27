import fs from 'node:fs';

/** The largest resident memory that a process has had. */
export function peakKilobytes(pid) {
  return Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+) kB/)[1]);
}
