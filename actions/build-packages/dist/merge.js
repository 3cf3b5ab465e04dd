import { merge } from './code/index.js';

await merge();
