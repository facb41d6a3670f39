"""What a maker can do about an output that was not simply allowed: computed from what was found, never a general hint.

- A trim is named only where what is kept was compared and found clean: no
  passage of any hit that counts lies in it, no source is missing, no list of
  hits or passages was cut off, and nothing is played again and again (of a loop
  not every turn is named).
- Advice is about the sound alone. It never says how to escape the comparison.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, Literal

from pydantic import Field

from vault_domain.evidence import MELODY, Hit
from vault_domain.records import Value

Code = Literal["another_seed", "another_prompt", "another_melody", "trim", "use_the_original", "hear_it", "try_later"]
MARGIN_S: Final = 1.0
"""Around each matching passage: its edges are found to within about half a second."""
LEAST_KEPT_S: Final = 10.0
"""Less is not worth keeping."""
WHOLE: Final = 0.85
"""From this share of the output on, it is the whole that matches."""
MOST_SPANS: Final = 16
"""A hit with as many passages as are kept may have had more."""
ONCE: Final = 0.8
"""From this share of different material on, a passage is not a loop."""
SHOWN: Final = 3
Stretch = tuple[float, float]


class Advice(Value):
    """One thing to do: a stable code, a sentence, and for a trim what to keep, in seconds."""

    code: Code
    text: str = Field(max_length=400)
    keep: tuple[float, float] | None = None


def advise(
    outcome: str,
    hits: Sequence[Hit],
    *,
    duration_s: float,
    weak: float,
    missing: Sequence[str] = (),
    unheard: bool = False,
    most_hits: int = 20,
) -> tuple[Advice, ...]:
    """What can be done about this outcome. ``weak``: the similarity from which hits count, by the policy.

    ``unheard``: the warning is about the sound itself, in which little can be recognised; ``most_hits``: as many
    as a check keeps.
    """
    if outcome == "allow":
        return ()
    counted = [hit for hit in hits if hit.similarity >= weak]
    later = _later(missing) if missing else ()
    if not counted:
        return later or ((_HEAR_IT,) if unheard else ())
    if counted[0].same_audio:
        return (_SAME, *later)
    if all(hit.detector == MELODY for hit in counted):
        return (_MELODY.model_copy(update={"text": f"{_where(counted, duration_s)} {_MELODY.text}"}), *later)
    matched = stretches(counted, duration_s)
    cut_off = len(hits) >= most_hits and hits[-1].similarity >= weak
    sure = not missing and not cut_off and all(_told_whole(hit, duration_s) for hit in counted)
    return (_again(matched, counted, duration_s), *(_trim(matched, duration_s) if sure else ()), *later)


def stretches(hits: Iterable[Hit], duration_s: float) -> tuple[Stretch, ...]:
    """Where the output matches anything, in order and apart; a hit that names no passage matches everywhere."""
    merged: list[Stretch] = []
    hits = tuple(hits)
    spans = [(span.query_start, span.query_end) for hit in hits for span in hit.spans]
    spans += [(0.0, duration_s) for hit in hits if not hit.spans]
    for start, end in sorted((max(0.0, start), min(duration_s, end)) for start, end in spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1] + MARGIN_S:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _told_whole(hit: Hit, duration_s: float) -> bool:
    """Whether the passages of a hit are all there are: no list that was cut off, and no loop."""
    heard = sum(end - start for start, end in stretches((hit,), duration_s))
    return 0 < len(hit.spans) < MOST_SPANS and hit.overlap_s >= ONCE * heard


def clean_stretch(matched: Sequence[Stretch], duration_s: float) -> Stretch | None:
    """The longest stretch that keeps its distance from every match; None if it is not worth keeping."""
    edges = [(-MARGIN_S, -MARGIN_S), *matched, (duration_s + MARGIN_S, duration_s + MARGIN_S)]
    gaps = [(end + MARGIN_S, start - MARGIN_S) for (_, end), (start, _) in pairwise(edges)]
    start, end = max(gaps, key=lambda gap: gap[1] - gap[0])
    return (start, end) if end - start >= LEAST_KEPT_S else None


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(72.4)
    '1:12'
    """
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


_SAME = Advice(
    code="use_the_original", text="This is an existing recording, sample by sample. Generate something else."
)
_MELODY = Advice(
    code="another_melody",
    text="Only the tune resembles another; change the melody or the prompt, or have somebody compare the two.",
)
_HEAR_IT = Advice(
    code="hear_it", text="Listen to it: it sounds hardly like music. Check the model's settings and generate again."
)


def _later(missing: Sequence[str]) -> tuple[Advice, ...]:
    text = f"Not everything could be asked ({', '.join(missing)}). Ask again in a few minutes, with the same output."
    return (Advice(code="try_later", text=text[:400]),)


def _again(matched: Sequence[Stretch], hits: Sequence[Hit], duration_s: float) -> Advice:
    where = _where(hits, duration_s)
    if sum(end - start for start, end in matched) >= WHOLE * duration_s:
        return Advice(code="another_prompt", text=f"{where} Generate again with another prompt and another seed.")
    return Advice(code="another_seed", text=f"{where} Generate again with another seed.")


def _trim(matched: Sequence[Stretch], duration_s: float) -> tuple[Advice, ...]:
    kept = clean_stretch(matched, duration_s)
    if kept is None:
        return ()
    start, end = round(kept[0], 1), round(kept[1], 1)
    text = f"Or keep {clock(start)} to {clock(end)}, where nothing was found, and have that part checked."
    return (Advice(code="trim", text=text, keep=(start, end)),)


def _where(hits: Sequence[Hit], duration_s: float) -> str:
    matched = stretches(hits, duration_s)
    if sum(end - start for start, end in matched) >= WHOLE * duration_s:
        return "The whole output matches."
    if len(matched) == 1 and matched[0][0] <= MARGIN_S:
        return f"The match is the first {round(matched[0][1])} s (0:00 to {clock(matched[0][1])})."
    if len(matched) == 1 and matched[0][1] >= duration_s - MARGIN_S:
        start, end = matched[0]
        return f"The match is the last {round(end - start)} s ({clock(start)} to {clock(end)})."
    said = ", ".join(f"{clock(start)} to {clock(end)}" for start, end in matched[:SHOWN])
    more = f" and {len(matched) - SHOWN} more" if len(matched) > SHOWN else ""
    return f"The matching {'passage is' if len(matched) == 1 else 'passages are'} {said}{more}."
