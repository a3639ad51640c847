// The queue that both programs speak of, as BullMQ opens it by default.
import { Queue } from "bullmq";

export const NAME = "scrape";

export const connectionTo = (port) => ({ host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null });

export const openQueue = (port) => new Queue(NAME, { connection: connectionTo(port) });
