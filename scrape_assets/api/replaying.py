"""Replaying dead letters for whoever asks, by their ids, and what came of it in one sentence. No routes."""

from __future__ import annotations

from collections.abc import Sequence

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger.dead_letters import LetterFilter, find
from scrape_assets.ledger.writes import note_write
from scrape_assets.operations.dead_letters import Replayed, plan_replay, replay


def replay_ids(flow: FlowContext, ids: Sequence[str], caller: str, action: str) -> Replayed:
    """Replay those of some ids that are dead letters; the others are left, and noted as such."""
    with flow.engine.connect() as conn:
        letters = find(conn, LetterFilter(ids=ids)) if ids else []
    done = replay(flow, plan_replay(flow, letters))
    dead = {letter.id for letter in letters}
    done.left += [(one, "it is no dead letter (any more)") for one in ids if one not in dead]
    with flow.engine.begin() as conn:
        note_write(conn, caller, action, list(ids), {"asked_anew": len(done.pending), "left": len(done.left)})
    return done


def summary(done: Replayed) -> str:
    """What was done."""
    words = []
    if done.pending:
        words.append(f"{len(done.pending)} asked anew")
    if done.waiting:
        words.append(f"{len(done.waiting)} wait for a snapshot that is taken up again, at no cost")
    if done.left:
        words.append(f"{len(done.left)} left alone: {done.left[0][1]}")
    return "; ".join(words) or "nothing to do"
