// `node server.mjs PORT REDIS_PORT TOKEN`: bull-board under /board, as its express adapter serves it, and a route that
// puts a job in, as a team with BullMQ would write it. Both ask for the token, as ours does.
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import express from "express";
import { NAME, openQueue } from "./queue.mjs";

const [port, redisPort, token] = process.argv.slice(2);
const queue = openQueue(redisPort);
const board = new ExpressAdapter().setBasePath("/board");
createBullBoard({ queues: [new BullMQAdapter(queue)], serverAdapter: board });

const app = express();
app.use((request, response, next) => {
  if (request.get("authorization") === `Bearer ${token}`) next();
  else response.sendStatus(401);
});
app.use("/board", board.getRouter());
app.post("/api/admin/scrape", express.json(), async (request, response) => {
  // A job id that is known already adds nothing: what ours does with the same key.
  const { id, name, data, timestamp } = await queue.add(NAME, request.body, { jobId: request.get("idempotency-key") });
  response.status(202).json({ job: { id, name, data, timestamp, status: "waiting" } });
});
app.listen(Number(port), "127.0.0.1");
