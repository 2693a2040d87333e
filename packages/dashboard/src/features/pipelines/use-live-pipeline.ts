import { pipelineTopic, useTopics } from "../../live/live-provider.tsx";

/** Keeps what is shown of a pipeline and its runs up to date. */
export function useLivePipeline(name: string): void {
  useTopics([pipelineTopic(name)]);
}
