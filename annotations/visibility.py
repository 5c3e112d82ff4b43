"""Who may see what: one pure function per question, of person, queue and state."""

from enum import StrEnum
from hashlib import sha256


def may_compare(*, own: bool, committed: bool, reveal: bool, drawn: bool, kind: str) -> bool:
    """Whether a reviewer may compare a review with the model's scores.

    Only their own, only after the blind commit, only where the queue reveals and the draw lets them (`drawn`), and only
    for a normal item: a gold or audit item, or a repeat, would teach what it is there to measure.
    """
    return own and committed and reveal and drawn and kind == "normal"


def drawn_to_compare(*, assignment: int, share: int) -> bool:
    """Whether the writer of this assignment's review is shown the comparison, in a queue that shows it to `share`.

    In percent, 0 to 100. By chance, and always the same of one assignment, so that those who are not shown it can be
    told from those who are long afterwards.
    """
    chance = int.from_bytes(sha256(f"comparison {assignment}".encode()).digest()[:8])
    return chance % 100 < share


def may_be_given(*, member: bool, seat_free: bool, recused: bool, had: bool) -> bool:
    """Whether a person may still be given a story to review in a queue.

    `had`: they have had it under the queue's rubric, other than as an assignment there that ran out or was passed on.
    Whether the queue is open today does not matter: it may be opened again.
    """
    return member and seat_free and not recused and not had


def must_judge_blind(*, reading: bool, given: bool, committed: bool, decided: bool, recused: bool) -> bool:
    """Whether a person must see nothing of what others or models said about a story, by whatever page or file.

    While they read it, may be given it (`may_be_given`), or could take their own review back and write it again.
    """
    return reading or given or (committed and not decided and not recused)


def may_see_others_reviews(*, curator: bool, committed: bool, decided: bool, reviewing: bool) -> bool:
    """Whether a person may see what others said about a story.

    A curator may, unless they have yet to judge it blind (`reviewing`); a reviewer may once they have committed and the
    story is decided, so that nobody still at work on it can be told.
    """
    if reviewing:
        return False
    return curator or (committed and decided)


def may_adjudicate(*, curator: bool, saw_scores: bool) -> bool:
    """Whether a person may adjudicate a story: curators may, unless they have seen scores of it.

    Adjudicating is done in sight of the reviews, so having seen those keeps nobody from it.
    """
    return curator and not saw_scores


class ReviewsStay(StrEnum):
    """What keeps the reviews of a story as they are."""

    IN_USE = "in_use"
    BY_CURATOR = "by_curator"
    SAFETY = "safety"
    FOUND = "found"
    REWRITING = "rewriting"


def why_not_withdraw(*, live: bool, revealed: bool, stay: ReviewsStay | None, decided: bool, recent: bool) -> str:
    """Why a reviewer may not take their commit back, or an empty string if they may.

    `recent`: they committed it within the hour. A decided story takes second thoughts so long, and tells its outcome
    only then, so that a review written again is blind still.
    """
    if not live:
        return "withdrawn"
    if revealed:
        return "revealed"
    if stay is not None:
        return stay
    return "late" if decided and not recent else ""


def may_see_outcome(*, decided: bool, withdrawable: bool, live: bool, kind: str) -> bool:
    """Whether a reviewer may be told what became of a story they reviewed, and how near others were to them.

    Not while they could review it again; and only for a normal item, as for `may_compare`.
    """
    return decided and live and not withdrawable and kind == "normal"
