"""Whether a prompt says that the work in question is the user's own: "my own song", "a tune that I wrote".

Nobody can check that here, so it only keeps such a prompt from counting as a wish for somebody else's work: an artist
who is named counts as ever, and "my own cover of ..." or "my favourite song" claim nothing.
"""

import re

_WORK = r"(?:song|track|tune|melody|recording|demo|composition|piece|beat|riff|lyrics|vocals?|voice|band|guitar part)s?"
_AGE = r"(?:(?:old|new|first|latest|unreleased|unfinished|little|original|instrumental|acoustic) )?"
_OWN = re.compile(
    rf"\b(?:my|our) own {_AGE}{_WORK}\b|\b{_WORK}(?: (?:that|which))? (?:i|we)(?:'ve|’ve| have| had)?(?: \w+ly| just)? "
    r"(?:wrote|written|made|recorded|composed|sang|sung)\b|\b(?:melody|song|tune|track)(?: itself)? is mine\b"
    r"|\b(?:mein|unser)\w* eigene\w* (?:lied|song|st[üu]ck|melodie|aufnahme|komposition|stimme|band|text)\w*"
    r"|\b(?:ma|mon|mes|notre|nos) propres? (?:chanson|morceau|m[ée]lodie|titre|air|composition|enregistrement|voix)\w*"
    r"|\b(?:mi|mis|nuestra|nuestro) propi[ao]s? (?:canci[óo]n|tema|melod[íi]a|grabaci[óo]n|composici[óo]n|voz)\w*"
    r"|\b(?:la mia|il mio|mia|mio) (?:propri[ao] )(?:canzone|brano|melodia|registrazione|composizione|voce)"
    r"|\b(?:minha|meu|nossa|nosso) pr[óo]pri[ao] (?:m[úu]sica|can[çc][ãa]o|melodia|grava[çc][ãa]o|composi[çc][ãa]o|voz)"
    r"|\b(?:mijn|ons|onze) eigen (?:nummer|lied|liedje|melodie|opname|compositie|stem)\b"
    r"|\bm(?:oj|ój|oja|oją|ojej|ojego) własn\w+ (?:piosenk|melodi|utw|nagrani|kompozycj|głos)\w*"
    r"|\b(?:min|mitt|vår) eg(?:en|et) (?:låt|sång|melodi|inspelning|komposition|röst)\w*"
    r"|\bkendi (?:şarkım|bestem|melodim|kaydım|sesim)\w*"
    r"|\b(?:мо|сво|наш)\w+ собственн\w+ (?:песн|мелоди|трек|запис|композици|голос)\w*"
    r"|自分(?:たち)?(?:の|で作った|が作った|で書いた|が書いた)(?:曲|歌|メロディ)|自作(?:の)?(?:曲|歌)"
    r"|(?:내가|제가|우리가) (?:직접 )?(?:만든|쓴|작곡한) (?:노래|곡|멜로디)|자작곡"
    r"|我(?:们)?自己(?:写|做|创作|錄製|录制)?的(?:歌|曲|旋律|作品)|自[创創]曲",
    re.IGNORECASE,
)


def claims_own(cleaned: str) -> bool:
    """Whether the text says so."""
    return _OWN.search(cleaned) is not None
