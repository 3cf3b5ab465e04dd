import { nextStep } from '../../src/shared/shards/scheduler/next-step.ts';
import type { Course } from './clock.ts';
import { jobLimit, type Run, type Setting, startUp } from './setting.ts';
import { type Job, newJob, workOf } from './simulated-job.ts';
import { perform } from './simulated-steps.ts';
import { newSimulation, type Simulation } from './simulation.ts';

/** Runs the shards' own scheduler against artifacts and builds that only take time. */
export function simulate(setting: Setting): Run {
  const simulation = newSimulation(setting);
  const { load } = setting;
  const { clock, random, jobs, entries } = simulation;
  let entry = 0;

  const stop = (job: Job) => {
    if (job.ended) return;
    job.ended = true;
    for (const { since } of job.shard.building.values()) job.busy += clock.now - since;
    const lifetime = clock.now - job.started;
    job.busy = Math.min(job.busy, lifetime);
    job.started = lifetime;
    startNext();
  };

  const startNext = () => {
    if (entry >= entries) return;
    entry++;
    const id = entry;
    clock.after(random() * startUp, () => {
      const job = newJob(simulation, id);
      jobs.push(job);
      clock.start(work(simulation, job, stop), () => job.ended);
      clock.after(jobLimit, () => stop(job));
    });
  };

  for (let count = 0; count < setting.shards; count++) startNext();
  const length = Math.max(load.work / setting.shards, load.chain);
  for (let count = 0; count < (setting.deaths ?? 0); count++) {
    clock.after(length * (0.25 + random() / 2), () => {
      const live = jobs.filter(({ ended }) => !ended);
      const victim = live[Math.floor(random() * live.length)];
      if (victim !== undefined) stop(victim);
    });
  }
  clock.run();
  return runOf(simulation);
}

/** The life of a job: one step of its scheduler after the other. */
function* work(simulation: Simulation, job: Job, stop: (job: Job) => void): Course {
  for (;;) {
    const step = nextStep(job.shard, workOf(simulation, job), simulation.clock.now);
    if (step.do === 'end') break;
    yield* perform(simulation, job, step);
  }
  stop(job);
}

/** What came of a simulation that has ended. */
function runOf({ jobs, builds, ...simulation }: Simulation): Run {
  const paid = jobs.reduce((sum, job) => sum + job.started, 0);
  return {
    makespan: simulation.finishedAt,
    idle: paid - jobs.reduce((sum, job) => sum + job.busy, 0),
    paid,
    built: builds.size,
    failed: [...simulation.givenUp],
    twice: [...builds.values()].filter((count) => count > 1).length,
    ranOut: simulation.ranOut,
    calls: simulation.calls,
    listed: simulation.exchange.most,
    createdByJob: Math.max(...jobs.map(({ created }) => created)),
    jobs: jobs.length,
    largestHeartbeat: simulation.largestHeartbeat.map(([name]) => name),
    readBytes: Math.max(...jobs.map(({ readBytes }) => readBytes)),
  };
}
