import { plan } from './code/index.js';

await plan();
