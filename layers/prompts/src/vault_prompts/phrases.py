"""The phrases that announce a name, as plain ASCII readings; one or more languages a line, phrases between bars.

Our own list. Order says nothing: the longest phrase that fits decides.
"""

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
NEGATED = """
not like | nothing like | unlike | less like | without sounding like | not sounding like | not in the style of | dont sound like | do not sound like | should not sound like | shouldnt sound like | must not sound like | avoid sounding like | avoid | instead of | anything but
nicht wie | nichts wie | nicht im stil von | weniger wie | pas comme | pas dans le style de | moins comme | rien a voir avec | no como | no al estilo de | menos como | non come | meno come | nao como | menos como | niet zoals | ne kak | ne v stile | nie jak
"""
TITLED = """
like | just like | exactly like | close to | near to | near | similar to | based on | after | riff from | riff of | drop from | drop of | solo from | intro of | intro from | chorus of
chorus from | melody of | melody from | chords of | chords from | bass line of | bass line from | beat of | beat from | hook of | part from | feel of | feeling of | mood of | spirit of
the song | the track | the tune | the hit | as in | like in
wie | wie das lied | aehnlich wie | ahnlich wie | melodie von | aus | comme | melodie de | la chanson | como | la cancion | melodia de | melodia di | come | la canzone | a musica | jak | zoals | som
kak | kak pesnya | pokhozhe na | vrode
"""
"""What announces a title in quotation marks."""

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
