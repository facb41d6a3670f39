"""How far people who judge the same things agree beyond chance; pure arithmetic on counts.

Cohen, "A coefficient of agreement for nominal scales" (1960), for two raters
who both judged everything; Fleiss, "Measuring nominal scale agreement among
many raters" (1971), where each subject was judged by some of many. 1 is full
agreement, 0 what chance alone would give; below 0 is less than chance.
"""

from collections.abc import Mapping, Sequence


def cohens_kappa(table: Sequence[Sequence[int]]) -> float | None:
    """Agreement of two raters; ``table[i][j]``: subjects that one put into category i and the other into j.

    None for a table without subjects, or where chance alone explains everything (one category only).
    """
    size, total = len(table), sum(map(sum, table))
    if any(len(row) != size for row in table):
        raise ValueError("the table must be square: both raters use the same categories")
    if total == 0:
        return None
    observed = sum(table[i][i] for i in range(size)) / total
    columns = [sum(row[j] for row in table) for j in range(size)]
    expected = sum(sum(row) * column for row, column in zip(table, columns, strict=True)) / total**2
    return _beyond_chance(observed, expected)


def fleiss_kappa(patterns: Mapping[tuple[int, ...], int]) -> float | None:
    """Agreement of many raters; ``patterns``: votes per category of a subject -> how many subjects got just these.

    Subjects may have different numbers of votes (with equal numbers it is
    Fleiss' own figure): agreement is the mean over subjects of the share of
    pairs of votes that agree, chance follows from the votes of all of them. Subjects with
    fewer than two votes say nothing and are left out. None where nothing is left, or
    all votes are of one category.
    """
    judged = {pattern: times for pattern, times in patterns.items() if sum(pattern) >= 2 and times > 0}
    subjects = sum(judged.values())
    if subjects == 0:
        return None
    agreeing = sum(times * _pairs(pattern) for pattern, times in judged.items()) / subjects
    votes = sum(times * sum(pattern) for pattern, times in judged.items())
    shares = [sum(times * pattern[j] for pattern, times in judged.items()) / votes for j in range(_width(judged))]
    return _beyond_chance(agreeing, sum(share**2 for share in shares))


def _pairs(pattern: tuple[int, ...]) -> float:
    """The share of pairs of votes on one subject that agree."""
    votes = sum(pattern)
    return sum(count * (count - 1) for count in pattern) / (votes * (votes - 1))


def _width(patterns: Mapping[tuple[int, ...], int]) -> int:
    widths = {len(pattern) for pattern in patterns}
    if len(widths) != 1:
        raise ValueError("every subject is judged by the same categories")
    return widths.pop()


def _beyond_chance(observed: float, expected: float) -> float | None:
    return None if 1 - expected < 1e-12 else (observed - expected) / (1 - expected)
