"""Whether a prompt says that the work in question is the user's own: "my own song", "a tune that I wrote".

Nobody can check that here, so it only keeps such a prompt from counting as a wish for somebody else's work: an artist
who is named counts as ever, "my own cover of ..." or "my favourite song" claim nothing, and one's own voice or lyrics
make no song one's own. The claim must be what is asked for: right after the wish for a version or a copy ("a remix of
my own song"), and right before every title in quotation marks.
"""

import re
from collections.abc import Sequence

_WORK = r"(?:song|track|tune|melody|recording|demo|composition|riff)s?(?! of\b)"
_AFTER_WISH, _BEFORE_WISH, _BEFORE_TITLE = 16, 3, 16
"""Signs between a wish and the claim, the claim and a wish, the claim and a title."""
Span = tuple[int, int]
_AGE = r"(?:(?:old|new|first|latest|unreleased|unfinished|little|original|instrumental|acoustic) )?"
_OWN = re.compile(
    rf"\b(?:my|our) own {_AGE}{_WORK}\b|\b{_WORK}(?: (?:that|which))? (?:i|we)(?:'ve|’ve| have| had)?(?: \w+ly| just)? "
    r"(?:wrote|written|made|recorded|composed|sang|sung)\b|\b(?:melody|song|tune|track)(?: itself)? is mine\b"
    r"|\b(?:mein|unser)\w* eigene\w* (?:lied|song|st[üu]ck|melodie|aufnahme|komposition)\w*"
    r"|\b(?:ma|mon|mes|notre|nos) propres? (?:chanson|morceau|m[ée]lodie|titre|air|composition|enregistrement)\w*"
    r"|\b(?:mi|mis|nuestra|nuestro) propi[ao]s? (?:canci[óo]n|tema|melod[íi]a|grabaci[óo]n|composici[óo]n)\w*"
    r"|\b(?:la mia|il mio|mia|mio) (?:propri[ao] )(?:canzone|brano|melodia|registrazione|composizione)"
    r"|\b(?:minha|meu|nossa|nosso) pr[óo]pri[ao] (?:m[úu]sica|can[çc][ãa]o|melodia|grava[çc][ãa]o|composi[çc][ãa]o)"
    r"|\b(?:mijn|ons|onze) eigen (?:nummer|lied|liedje|melodie|opname|compositie)\b"
    r"|\bm(?:oj|ój|oja|oją|ojej|ojego) własn\w+ (?:piosenk|melodi|utw|nagrani|kompozycj)\w*"
    r"|\b(?:min|mitt|vår) eg(?:en|et) (?:låt|sång|melodi|inspelning|komposition)\w*"
    r"|\bkendi (?:şarkım|bestem|melodim|kaydım)\w*"
    r"|\b(?:мо|сво|наш)\w+ собственн\w+ (?:песн|мелоди|трек|запис|композици)\w*"
    r"|自分(?:たち)?(?:の|で作った|が作った|で書いた|が書いた)(?:曲|歌|メロディ)|自作(?:の)?(?:曲|歌)"
    r"|(?:내가|제가|우리가) (?:직접 )?(?:만든|쓴|작곡한) (?:노래|곡|멜로디)|자작곡"
    r"|我(?:们)?自己(?:写|做|创作|錄製|录制)?的(?:歌|曲|旋律|作品)|自[创創]曲",
    re.IGNORECASE,
)


def claims_own(cleaned: str, wishes: Sequence[Span] = (), titles: Sequence[Span] = ()) -> bool:
    """Whether the text says so of what it wishes for; ``wishes`` and ``titles``: where these stand."""
    return any(
        all(_wished(start, end, wish) for wish in wishes)
        and all(0 <= title[0] - end <= _BEFORE_TITLE for title in titles)
        for start, end in (match.span() for match in _OWN.finditer(cleaned))
    )


def _wished(start: int, end: int, wish: Span) -> bool:
    return -1 <= start - wish[1] <= _AFTER_WISH or 0 <= wish[0] - end <= _BEFORE_WISH
