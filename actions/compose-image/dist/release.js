import { release } from './code/index.js';

await release();
