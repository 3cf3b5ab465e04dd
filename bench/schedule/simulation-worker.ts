import { parentPort } from 'node:worker_threads';
import type { Setting } from './setting.ts';
import { simulate } from './simulate.ts';

parentPort?.on('message', (setting: Setting) => parentPort?.postMessage(simulate(setting)));
