import { afterAll, expect, it } from 'vitest';
import { EditedRun } from '../support/edited-distro/edited-run.ts';
import { type DistroEdit, editDistro, editKinds } from '../support/edited-distro/edits.ts';
import { startDistro } from '../support/edited-distro/model.ts';
import { seeded } from '../support/edits.ts';
import { testWorker } from '../support/worker.ts';

/** `AZL_EDITS=500` is the long run; by default each kind of edit comes once. */
const count = Number(process.env['AZL_EDITS'] ?? editKinds.length);
/** A clean build of the same tree is compared after every so many edits. */
const every = Number(process.env['AZL_COMPARE_EVERY'] ?? (count > 100 ? 20 : 8));
const seed = Number(process.env['AZL_SEED'] ?? 20_260_101);

let run: EditedRun;
afterAll(() => run.end());

it(
  `what ${count} edits of a distribution leave is what a clean build of it makes: seed ${seed}`,
  async () => {
    const random = seeded(seed);
    run = new EditedRun(startDistro(), (await testWorker()).dir);
    const first = await run.start();
    expect(first.code, first.said).toBe(0);
    const different: string[] = [];
    for (let [done, compared] = [0, 0]; done < count; ) {
      // As pushes have it: one to three edits, then a build.
      const edits: DistroEdit[] = [];
      for (let left = 1 + Math.floor(random() * 3); left > 0 && done < count; left--) {
        const kind = editKinds[done++ % editKinds.length] as string;
        edits.push(editDistro(edits.at(-1)?.after ?? run.distro, kind, random));
      }
      const what = `${done}: ${await run.edit(edits)}`;
      console.log(what);
      if (done < Math.min(compared + every, count)) continue;
      compared = done;
      const files = await run.compare();
      if (files.length > 0) different.push(`${what}\n    different: ${files.join(', ')}`);
    }
    console.log(`${count} edits of seed ${seed}: ${JSON.stringify(run.counts)}`);
    expect(different).toEqual([]);
  },
  count * 60_000,
);
