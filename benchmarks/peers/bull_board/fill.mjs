// `node fill.mjs REDIS_PORT JOBS`: three fifths completed, a fifth failed, a fifth waiting, as benchmarks/api_load.py
// fills our ledger. Those that have ended were ended by a worker, who has nothing to do. Prints the counts as JSON.
import { Worker } from "bullmq";
import { NAME, connectionTo, openQueue } from "./queue.mjs";

const BATCH = 1000;
const AT_ONCE = 200;
const PLATFORMS = ["linkedin", "x", "instagram", "tiktok"];
// Ours keeps an error's words. With its stack, as BullMQ keeps it, a failed job would weigh several times as much.
Error.stackTraceLimit = 0;

const [redisPort, jobs] = process.argv.slice(2).map(Number);
const queue = openQueue(redisPort);
const waiting = Math.floor(jobs / 5);
const ended = jobs - waiting;
const fails = (number) => number % 4 === 3;

const jobOf = (number) => ({
  name: NAME,
  data: { number, creatorId: `creator-${number % 5000}`, platform: PLATFORMS[number % 4], priority: "low" },
});

async function put(first, end) {
  for (let from = first; from < end; from += BATCH) {
    const size = Math.min(BATCH, end - from);
    await queue.addBulk(Array.from({ length: size }, (_, number) => jobOf(from + number)));
  }
}

async function end(number) {
  const worker = new Worker(
    NAME,
    async (job) => {
      if (fails(job.data.number)) throw new Error("no answer");
    },
    { connection: connectionTo(redisPort), concurrency: AT_ONCE },
  );
  await new Promise((done, broken) => {
    let left = number;
    const ended = () => (left -= 1) || done();
    worker.on("completed", ended);
    worker.on("failed", ended);
    worker.on("error", broken);
  });
  await worker.close();
}

await put(0, ended);
await end(ended);
await put(ended, jobs);
console.log(JSON.stringify(await queue.getJobCounts("completed", "failed", "waiting")));
await queue.close();
