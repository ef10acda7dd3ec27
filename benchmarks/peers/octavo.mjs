// Octavo in a process of its own: octavo_serve, which times its runs itself.

import { spawn } from 'node:child_process';
import readline from 'node:readline';

import { inputFiles } from './npy.mjs';

export class Octavo {
  #process;
  #answers;

  constructor(program) {
    this.#process = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = readline.createInterface({ input: this.#process.stdout });
    this.#answers = lines[Symbol.asyncIterator]();
  }

  get pid() { return this.#process.pid; }

  /** The instruction set of its sessions. */
  async isa() { return (await this.#ask({ do: 'cpu' })).isa; }

  /** Plans a model on the inputs of its folder. */
  async open(model, folder, precision, threads) {
    const inputs = inputFiles(folder);
    const request = { do: 'open', model, inputs, precision, threads };
    const { session, nanoseconds } = await this.#ask(request);
    return {
      nanoseconds,
      run: async (times) => (await this.#ask({ do: 'run', session, times })).nanoseconds,
      outputs: async () => (await this.#ask({ do: 'outputs', session })).outputs,
    };
  }

  /** Ends all sessions. */
  async close() { await this.#ask({ do: 'close' }); }

  quit() { this.#process.stdin.end(); }

  async #ask(request) {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('octavo_serve ended');
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(answer.error);
    return answer;
  }
}
