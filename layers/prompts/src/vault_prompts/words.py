"""Words of ordinary use that are also names of artists, or parts of such names.

A name made of these words alone says little by itself: "queen", "the police", "simple minds". It counts only where
what stands around it says that an artist is meant. The list is our own; a name's entry may say otherwise.
"""

from collections.abc import Sequence

_ENGLISH = """
a about above acid adam after again air alabama alarm album alive all alone alpha alternative ambient america american
an and angel angels animal animals another anthem apple arcade arctic are army arpeggio art as ash asia at atlas
aurora autumn avenue away baby bach back bad ballad band bands bang banks bar bass bastille battle be beach bear bears
beast beat beats beautiful beauty bee bees bell belle bells berlin best beyond big bird birds birthday bishop bit
bitter black blind blink block blonde blood bloom blue blues blur bomb bombay bone bones book born boss boston bottle
box boy boys brand brass bread break breeze brick bridge bright bring broken brother brothers brown bruise bubble
buffalo build bull burn bush butterfly button by cab cage cake california call camel can candy cane car caravan card
cardigans carpenter carpenters cars cash castle cat cats cave chain chance change changes chaos cheap cherry chicago
chicks child children chili china chocolate choir choral chord chorus church circle city clash class classic clean
clear cliff clock cloud clouds club coast cobra coffee cold collective color colour come common company concerto cool
corn corner country cousin cow cowboy cracker cradle crazy cream creature creed crew cross crow crowd crowded crown
crows cruel cry crystal cult culture cure cut daisy dance dancing danger dark darkness daughter dawn day days dead
death deep deer destiny devil diamond diamonds dinosaur dire direction dirty disco disturbed divine do doctor dodgy
dog dogs doll dolls door doors double down downer dragon dragons drake dream dreamer dreams drift drive drone drop
drum drums dub dubstep dust eagle eagles early ears earth east easy echo eclipse edge editors eels eight elbow
electric electro element elements else embrace empire empty end engine england erasure escape europe eve evening ever
every everything evil extreme eye eyes face faces factor factory faith faithless fall fallen falling family far fast
fat fate father fear feeder feet fever fiction field fields fifth fight fighters filter final fine fire first fish
five flag flame flaming fleet flight floor flow flower flowers fly foals fog folk folks fool foot for force foreigner
forest forever forgotten fountain four fox foxes frame frank free freedom friend friends from front frost fruit fuel
fugue full fun funk funky furniture future galaxy game garage garbage garden gate gene generation genesis gentle
georgia ghost giant giants girl girls glass glitter go goat god gods going gold golden good gorilla gospel grace grand
grass grateful gravity great green grey grime grind groove ground group guitar gun guns guru had hair half hall hand
hands happy hard harmony hat have hawk he head heads healer heart hearts heat heaven heavy hello helmet her here hero
heroes high highway hill hills him his hit hits hole holiday hollow holy home honey hook hope horse horses hot hour
house hum human hundred hunter hurricane hymn i ice idle idol if imagine immortal in indigo infinite infinity ink
inner insane inside into intro invisible iron island it jack jade jam james jane jazz jewel job join journey joy judas
judge juice jungle just justice kansas keep key keys kid kids kill killer killers kind king kings kiss knife knight
knights kraft lady lake lamb lamp land language last late law lead leaf league leave led left legend lemon less level
liar liberty life light lights like lily lime limp lion lions little live living lizard local london lone long loop
lord lords lost loud love lover lovers low lucky lullaby lunar lush mac machine machines mad madness magic magnetic
main major make mama man mango manic manor many maps march mark mars martian mary mask massive master mate matter
maybe me mean meat melody men mercury mercy metal metallic mew middle midnight might mighty mile miles milk million
mind minds mine ministry minor mint minute miracle mirror mist misty modern modest moment monday money monkey monkeys
monster monsters mood moon morning most mother motion mountain mouse move movement mr mud murder muse music my mystery
naked name nation national nature necklace need neighbourhood neutral never new newton next nice night nights nine
nirvana no nocturne noise none noon normal north not nothing november now number oasis ocean of off offspring oh old
on once one only onyx open opera orange orbit orbital orchestra orchid order other our out outcast outro outside over
owl oxygen pack pad page pain paint palace pale panic panther paper parade paradise park part party passenger passion
past pastel path pavement peace peaches pearl pearls penguin people perfect perfume petal phantom phoenix photograph
piano picture pieces pig pilots pink pistols pixies place placebo plain planet plastic play player please pluck poison
pole police polka pop port possession post power prayer prelude presence present president pretenders pretty pride
priest primal prince princess prison prodigy project proof prophet pulp pulse pump punk puppet pure purple purpose
queen queens quiet rabbit race racer radio rage railroad rain rainbow raincoat rascal raven razor ready real rebel
record red refused reggae relaxed republic residents rest return reverend revolution rhythm rich ride riff right ring
rise rival river road roads robot rock rocket rocks rocky roll rolling room root roots rose roses rough round royal
ruby run rush rust sad saint saints salsa salt samba samurai sand satin saturn savage savages scarlet school science
scissor scissors scorpion scorpions scream screaming sea seal season seasons second secret see seed seven sex shade
shadow shadows shallow shame sharp she sheep shelter shine ship shirt shoe shoes shop show sick side sigh sign signal
silence silent silk silver simple simply sin singer single sins sister sisters six ska skin skull skunk sky slate
slave slayer sleep sleeping slow sly small smash smile smith smiths smoke smooth snake snow so social soft soldier
solo some son sonata sonic soul sound sounds south space spark sparks sparrow speaker spear special speed spice spider
spin spirit splendor spoon spring squeeze stage stand star stars start state static station statues status steel step
steps stereo stick still sting stone stones stop storm story strange stranger strangers stream street streets string
strings stripes strokes strong style styles stylistics styx sublime suede sugar suite summer sun sunday sunny sunset
super supreme surf survivor swan swans sweet swell swift swim swing sword symphony synth system take tale talk talking
tame tango tank tea tear tears techno teen temple tempo temptation temptations ten terror texas that the their them
there they thing things third thirty this thousand three thrice through thunder ticket tide tiger time times tired to
together token tokyo tomorrow tone tongue tonight too tool tools top tornado touch tough tower town toy traffic trail
train trance transit trap travel traveling travis tree trees tribe trick tricky trip trouble true truth tube turbo
turn turtles tweet twenty twin twist two ugly ultra under underground undertones underworld union unity universe up us
usher vaccines vamp vampire van vapor veil velvet venom verse verve village violent violet virgin vision visions vocal
vocals vocoder voice voices void volume wailers wake walk walker wall waltz wanted war wars was watch water waterboys
waters wave waves way we weapon wednesday weekend weird well west wet whale what wheel when where while white who
whole whore why wicked wide wild wilderness will wind window wine wing wings winter wire wise wish witch with within
without wolf wolves woman women wonder wood woods word words work world worm x yeah year years yellow yes yesterday
yet you young your youth zero zombies zone zoo
"""
_OTHERS = """
agua air amor amore amour as auf aus avec bei cielo com come comme como con da dans das de der des di die do dos du
día e eau ein eine el em en engel et fantastischen feu feuer fuego für giorno gli helden herz hosen ich il indochine
jour könig königin la las le les liebe lo los luna maná mare mit na nacht no noche notte nuit o ohne os para per pooh
por pour prinzen rainha re regina rei reina reine rey roi sans sem senza sie sin sol sole sportfreunde stern sur tag
toten téléphone um uma un una und une vier von wasser wie wir y zum zur ärzte
"""
_OTHER_SCRIPTS = """
кино ария сплин звери машина время аквариум мираж руки вверх король шут агата ночь день любовь звезда группа музыка песня
夢 空 花 雪 星 愛 海 風 月 さくら 桜 嵐 雨 光
"""
_MUSIC = """
about accordion acoustic advertisement african aggressive alegre ambiance arabic asian atmosphere atmospheric autotune
autotuned background banjo baritone bars bass bassline basslines bateria batería batteria batterie beach bebop
beginning begins bells birthday bluegrass boogie bossa bouncy brass breakbeat breakbeats bright build building calm
canción canzone canção cello celtic chanson chant chanting chants child childhood chillout chillwave chimes chitarra
choir choirboy choirs chord chords christmas cinematic city clap claps clarinet clean clone commercial complex compose
compressed contrast copy cover covers crackle crea create crie crisp crée dark delay dense desert didgeridoo dirty
disco distorted distortion dnb doom downtempo drama dramatic dreamy drill driving drummer drumming drums dynamic
dynamics edm eerie eighties emo ending ends energetic ensemble epic erstelle estilo evening evolving exact exactly fai
fais falsetto fast faça feature features featuring feel feeling female film filtered finishing flamenco flat flute
forest french fröhlich funky fusion game games gated generate gentle german gitarre gradually groovy grunge guitare
guitarist guitarra guitars gym halloween hardcore harmonies harmonised harp hats haunting haz heavy highway hihat
hiphop hopeful horns house hypnotic identical indian indie industrial inspired instrumental instrumentals intimate
intro italian japanese joyeux joyful kalimba key keyboard keyboards kick kicks klavier klingen klingt korean langsam
latin layered lent lento lied lieder light lights line lines lofi loop loopable loud lush lyric lyrics mach mache made
major make makes making male mandolin marimba mashup maximal meditation medium melancholic melancholy mellow metalcore
mid minimal minimalist minor minutes modal modulating mono mood moody mother mountains movie musica musik musique
música need needs neon nineties nostalgic note nova ocean orchestra orchestral organ original outro pads percussion
percussive pianist piano piece please podcast produce produced producer progression progressions punk quartet quickly
ragtime rainy rap rapide rapper rapping recorded recording recreate relaxed relaxing release remake reminiscent remix
remixed repetitive retrowave reverb reverbs road romantic rough ruhig running russian rápido sampled samples saxophone
scale scene scenes schlagzeug schnell screamed seconds seventies sharp shoegaze shouted similar simple singer singers
singing sings sitar sixties sleep slow slowly smooth snare snares soaring soft somber something song soprano sounding
spanish sparse spoken spooky starting starts stil stile stimme stimmung stories stormy story street streets strings
study studying style styled sudden suddenly sung sunny swing symphonic synth synths synthwave tabla tape techno tempo
tenor tension texture textures then theremin thrash track tracks trailer train trance trap traurig triste trumpet tune
tunes turkish ukulele upbeat uplifting vaporwave version versions vibe vibes vibraphone video videogame vinyl violin
violins violão vocalist vocals want wants warm wedding whispered wide woodwinds word words workout write yoga
"""
COMMON = frozenset((_ENGLISH + _MUSIC + _OTHERS + _OTHER_SCRIPTS).split())
"""Small letters, accents as written; compare with the plain reading of a word too."""


def all_common(parts: Sequence[str]) -> bool:
    """Whether every one of these readings is an ordinary word, a number or a single letter."""
    return all(part in _PLAIN or part.isdigit() or len(part) == 1 for part in parts)


def _plain() -> frozenset[str]:
    from vault_prompts.reading import readings

    return COMMON | {one for word in COMMON if not word.isascii() for one in readings(word)[:1]}


_PLAIN = _plain()
