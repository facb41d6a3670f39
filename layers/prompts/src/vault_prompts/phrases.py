"""The phrases that announce a name, as plain ASCII readings; one or more languages a line, phrases between bars.

Our own list. Order says nothing: the longest phrase that fits decides.
"""

from collections.abc import Sequence


def phrases(text: str) -> tuple[tuple[str, ...], ...]:
    """The phrases of one of these texts as words, the longest first."""
    found = {tuple(one.split()) for line in text.strip().splitlines() for one in line.split("|") if one.strip()}
    return tuple(sorted(found, key=len, reverse=True))


def ends_with(before: Sequence[str], among: tuple[tuple[str, ...], ...]) -> bool:
    """Whether these words end with one of the phrases."""
    return any(len(one) <= len(before) and tuple(before[-len(one) :]) == one for one in among)


STRONG = """
in the style of | in style of | in the styles of | style of | styles of | in the manner of | in the vein of | in the spirit of | in the mould of | inspired by
influenced by | reminiscent of | homage to | tribute to | an ode to | cover of | covers of | remix of | remake of | imitate | imitates | imitating | mimic | mimicking | emulate | emulating
channeling | channelling | impersonate | impersonating | clone of | clone | ripoff of | rip off of | knockoff of | the band | the artist | the singer | the rapper | the group | the musician | the dj | as sung by
sung by | performed by | written by | produced by | composed by | voice of | vocals of | sound of the band | a la | ala | pastiche of | parody of | soundalike of | fans of | fan of | by the band | like the band
pass for | passes for | pass as | mistaken for | modelled on | modeled on | modelled after | modeled after | patterned after | in the tradition of | in the school of | in the direction of
in the footsteps of | borrowing from | pretend to be | pretending to be | resembling | resembles | echoing | evoking | recalling | the sound of | the voice of | the style of | sung in the voice of | tones of
im stil von | im stile von | im style von | stil von | nach art von | in der art von | inspiriert von | beeinflusst von | angelehnt an | hommage an | cover von | coverversion von | klingt nach | die band | der band | gesungen von
dans le style de | dans le style d | style de | a la maniere de | a la facon de | inspire de | inspire par | inspiree de | hommage a | reprise de | imite | imiter | imitant | le groupe | du groupe | chante par | la voix de
al estilo de | en el estilo de | estilo de | a la manera de | inspirado en | inspirada en | inspirado por | homenaje a | version de | imita a | imitando a | la banda | el grupo | cantada por | cantado por | la voz de
nello stile di | nello stile dei | in stile | stile di | alla maniera di | ispirato a | ispirata a | omaggio a | cover di | cover dei | imita | la band | il gruppo | cantata da | la voce di
no estilo de | no estilo do | no estilo da | no estilo dos | ao estilo de | ao estilo do | estilo do | estilo da | inspirado em | inspirada em | inspirado no | homenagem a | imitando | a banda | cantada por | a voz de
in de stijl van | in stijl van | geinspireerd door | een cover van | de band | w stylu | inspirowane | inspirowany | cover zespolu | zespolu | v stile | v dukhe | v manere | pod gruppu | gruppy | gruppa | kaver na | vdokhnovlennaya | i stil med | i samma stil som | tarzinda
"""
WEAK = """
like | by | as | sounds like | sound like | sounding like | feels like | similar to | just like | think | la | from | featuring | feat | ft | with | meets | of | and | or | x | vs | plus | mix of | between | near | close to | closer to | the way | how | had | if | as if | imagine | when | than | that | what | think of | ref | reference | artist | call it
wie | so wie | klingt wie | von | aehnlich wie | ahnlich wie | trifft | mit | comme | facon | de | par | avec | como | de | que suene como | suene como | por | con | come | di | dei | tipo | do | da | dos | zoals | als | klinkt als | van | jak | kak | kak u | pokhozhe na | pokhozhuyu na | som | gibi
"""
NEGATIONS = """
not | no | never | without | unlike | avoid | avoids | avoiding | nothing | less | dont | doesnt | isnt | cant | wont | shouldnt | mustnt | do not | does not | should not | must not | cannot
anything but | instead of | rather than | other than | stay away from | steer clear of | nor | neither
nicht | nichts | kein | keine | keinen | keiner | keinem | nie | niemals | ohne | weniger | statt | anstatt | vermeide | pas | sans | jamais | moins | rien | evite | evitez | au lieu de | plutot que
sin | nunca | menos | evita | evite | en vez de | en lugar de | nada | non | senza | mai | meno | niente | invece di | nao | sem | em vez de | niet | geen | zonder | nooit | minder | in plaats van
nie | bez | nigdy | mniej | unikaj | inte | utan | aldrig | mindre | ne | nikogda | menshe | vmesto
"""
"""What turns a wish round. Single words where a language has them; a phrase where a word alone would not."""
CYRILLIC_NEGATIONS = frozenset("ne bez nikogda menshe vmesto".split())
AFFIRMED = """
not only | not just | not merely | not simply | not exactly | not quite | not entirely | not necessarily | not far from | not too far from | why not | no doubt | without a doubt | no other than | none other than
nicht nur | nicht ganz | nicht weit von | warum nicht | pas seulement | pas exactement | pas loin de | pourquoi pas | no solo | no lejos de | por que no | non solo | perche non | nao so | nao apenas | por que nao
niet alleen | waarom niet | nie tylko | inte bara | ne tolko | no estilo | no jeito | no espirito | no clima | no ritmo
"""
"""Negations in form, wishes in meaning; "no" is also Portuguese for "in the"."""
BRIDGES = frozenset(
    """
a an the any anything anyone anybody of by from in as like it its this that to be being is are sound sounds sounding want
wanted make makes making made do doing use using have having style styles manner vein spirit way too much very really
copy copies copying copied cover covers covering clone clones cloning imitate imitating imitation mimic mimicking remix
remixing remake remaking version rendition ripoff rip off recreate recreating replicate replicating reproduce
reproducing resemble resembling evoke evoking song songs music known existing famous particular voice artist band singer
close near similar remind reminds me of should must may can will would ever even remotely else inspired influenced
wie im in stil von der die das ein eine einer einen am klingen klinge klingt es soll sollte darf zu sehr so kopie kopieren
dans le la les l style de d du un une comme sonne sonner ca qui que ressemble ressembler a trop copier copie reprise
el los las al estilo del una uno como que quiero suene suena sonar a parezca parecido demasiado copiar copia version
nello stile di dei alla come suoni che un una copiare copia cover no na o os as do da dos estilo como soe copiar
in de het een stijl van als zoals klinken te klinkt kopie w stylu jak jako kopia i stil som en ett
v stile kak pod na pokhozhe pokhozhii kopiya kavera kaver kopirui kopiruya
""".split()
)
"""Little words between a negation and what is avoided."""
CHAINED = frozenset("or nor oder noch ou ni o ne of ani i ili eller".split())
"""Words that go on with what is avoided: "not like A or B"."""
TITLED = """
like | just like | exactly like | close to | near to | near | similar to | based on | after | riff from | riff of | drop from | drop of | solo from | intro of | intro from | chorus of
chorus from | melody of | melody from | chords of | chords from | bass line of | bass line from | beat of | beat from | hook of | part from | feel of | feeling of | mood of | spirit of
the song | the track | the tune | the hit | as in | like in
wie | wie das lied | aehnlich wie | ahnlich wie | melodie von | aus | comme | melodie de | la chanson | como | la cancion | melodia de | melodia di | come | la canzone | a musica | jak | zoals | som
kak | kak pesnya | pokhozhe na | vrode
"""
"""What announces a title in quotation marks."""

SAID = """
the song | the track | the tune | the hit | the single | the song called | a song called | the track called | the anthem | the ballad
das lied | der song | den song | dem song | dem lied | der titel | den titel | der hit | la chanson | le morceau | le titre | le tube | la cancion | el tema | el exito
la canzone | il brano | il pezzo | a musica | a cancao | a faixa | het nummer | het liedje | piosenka | piosenke | piosenki | utwor | utworu | laten | sangen
pesnya | pesnyu | pesni | pesne | trek | treka | khit | kompozitsiya | sarkisi
"""
"""What says that a song's title follows, even without quotation marks."""
PARTS = """
melody of | melody from | melody to | tune of | tune from | riff of | riff from | hook of | hook from | bass line of | bass line from | bassline of | bassline from | chords of | chords from | chords to
chord progression of | chord progression from | chord changes of | intro of | intro from | intro to | outro of | outro from | solo from | chorus of | chorus from | lyrics of | lyrics from | lyrics to
cover of | covers of | cover version of | remix of | remake of | version of | rendition of | mashup of | mash up of | reprise of | karaoke of | copy of | clone of | replica of | recreation of | imitation of | tribute to
recreate | replicate | duplicate | clone | rerecord | re record
melodie de | refrain de | riff de | ligne de basse de | accords de | intro de | paroles de | reprise de | version de | remix de | copie de
melodia de | estribillo de | linea de bajo de | acordes de | letra de | cover de | copia de | refrao de | linha de baixo de | versao de
melodia di | ritornello di | riff di | giro di basso di | accordi di | intro di | testo di | versione di | cover di | remix di | copia di
melodie van | refrein van | riff van | baslijn van | akkoorden van | intro van | tekst van | cover van | versie van | remix van
melodia z | refren z | riff z | cover piosenki | melodin i | melodin fran | refrangen i | riffet i | melodiya iz | melodiyu iz | pripev iz | riff iz | kaver na | remiks na
"""
"""Parts and versions of a work, which a title of two capitals may follow. Not in German: all nouns have capitals."""
COVERS = """
cover of | covers of | cover version of | a cover | to cover | remix of | to remix | remake of | version of | versions of | rendition of | mashup of | mash up of | karaoke of | copy of | clone of
lyrics of | lyrics from | lyrics to | interpolation of | to replicate | to recreate | recreate | replicate | rerecord | re record | reinterpretation of | take on | twist on | spin on
cover von | coverversion von | version von | remix von | neuauflage von | reprise de | version de | remix de | cover de | copia de | versao de | cover di | versione di | remix di | copia di
cover van | versie van | remix van | cover piosenki | cover av | version av | remix av | kaver na | remiks na | versiyu
"""
"""Versions of a work: what follows is one, even in small letters, where it is a known title."""
VERSIONS = frozenset(
    "cover covers remix remixes remake karaoke rendition mashup parody coverversion kaver remiks".split()
)
"""Words after a title that make a version of it."""
WITH_TITLES = frozenset(
    """
but as by in with for and from at on played sung made only slower faster please aber als mit von fur auf mais en avec
par pour pero con por para ma per mas com maar met
""".split()
) | {""}
"""What may follow a title that is an everyday word; anything else makes it one."""
IN_TITLES = frozenset(
    """
a an and the of in on to for my your me you i it is at with from n de la le les du des der die das und von zu im el
los las y en mi tu il lo che e di o os na no da do van het op w z men och
""".split()
)
"""Little words inside a title."""
BEFORE_AUTHORS = frozenset("by von par por door av di de ot".split())
OF_PLACES = frozenset(
    """
new north south east west northern southern eastern western central latin middle far old san saint st los las
""".split()
)
"""A capital word after one of these makes a place."""
KINDS = frozenset(
    """
blues folk music jazz rock metal pop songs soul funk house techno trance punk hop rap gospel country disco reggae wave
core step bass beat beats choir orchestra band ensemble tradition traditions style sound sounds theme church vocals
vocal harmonies guitar guitars drums synth synths piano riffs lyrics production
""".split()
)
"""Last words of what is a kind of music or a part of it."""
AFTER = frozenset(
    """
style styled esque ish inspired vibe vibes type cover covers song songs sounding tribute remix riff hit album era
sound would could might did does sang sings played plays stil stijl stilinde cancion chanson lied kanzone fengge
feng seutail fu mitai ppoi
""".split()
)
"""Words that follow an artist's name."""
ARTICLES = frozenset(
    """
a an the my your his her their our some ein eine der die das une un la le les el una uno um uma il lo een
""".split()
)
"""Before an ordinary word, these make it one."""
FIRST_OF_NAMES = frozenset(
    """
das der die el i il la las le les los os the
""".split()
)
"""Articles that a name may begin with, and may be written without."""
EDGES = frozenset(
    """
a an and or of in on to for with by like as is it my your his her make me some song music style sound und im mit wie
von ein eine et de du des dans y un una con como e di da come em no w v na i z jak
""".split()
)
"""Little words that no misspelt name begins or ends with."""
