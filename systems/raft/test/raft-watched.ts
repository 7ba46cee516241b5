/**
 * The watch of whole nodes, `RaftWatch`, on a stage: it looks after every event, as the watchman
 * does.
 */
import type { NodeId } from '@mangrove/host';
import { RaftWatch } from '../src/subject/raft-watch.ts';
import type { Stage } from './stage.ts';

/** What a test has of the watch. */
export interface RaftWatched {
  /** Has it look once more. */
  readonly look: () => void;
  /** Tells the lives of members apart: another object is another life. */
  readonly lives: Map<NodeId, object>;
}

/** Has the watch look after every event of `stage`, from now on. */
export function lookedAtByRaftWatch(stage: Stage): RaftWatched {
  const watch = new RaftWatch();
  const lives = new Map<NodeId, object>([...stage.machines.keys()].map((node) => [node, {}]));
  const look = () => {
    const nodes = [...stage.machines].map(([node, { machineIndex, machineHash }]) => {
      const machine = { lastIndex: machineIndex, appliedCount: machineIndex, digest: machineHash };
      return [node, { life: lives.get(node) ?? {}, state: stage.state(node), machine }] as const;
    });
    watch.look(new Map(nodes));
  };
  const happen = stage.happen.bind(stage);
  stage.happen = (name, happening) => {
    const effects = happen(name, happening);
    look();
    return effects;
  };
  look();
  return { look, lives };
}
