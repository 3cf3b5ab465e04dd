export { main } from './main.ts';
export { release } from './release.ts';
