"""English prompts put together from parts: descriptions of sound, and one clause that points at somebody or at nobody.

Slots as in ``templates``, and ``N`` for an invented or uncommon word that names no artist: a game, a shop, a pet, a town.
"""

PARTS = tuple(
    one.strip() for one in """
{M} {G} | {E} {G} | {G} | {I} | {M} {I} | {I} and {I} | {M}, {M} | {E} drum machine | slow tempo | 90 bpm | 124 bpm | 7/8 time
in D minor | in a major key | no vocals | soft female vocals | raspy male vocals | whispered verses | shouted chorus | big chorus
long fade out | short intro | loopable | wide stereo | mono, dusty | tape saturation | lots of space | dry and close
fingerpicked patterns | syncopated claps | swirling textures | staccato strings | arpeggiated sequences | plucked harmonics
shimmering cymbals | gritty low end | wobbly detuned keys | granular noise | crunchy snares | rolling toms | ethereal layers
polyrhythmic woodblocks | reversed cymbals | bitcrushed blips | glistening chimes | rumbling sub bass | sparse handclaps
jangly chords | chromatic runs | pentatonic licks | call and response | unison hooks | chopped phrases | sidechained pads
meandering flute | pounding kettledrums | brittle clavinet | nylon strings | muffled conga | shuffling hi-hats | droning pipes
crescendo towards the end | sudden stop after a minute | key change before the last chorus | two verses and a bridge
tremolo guitars | detuned lead | vintage compressor | plate reverb | spring reverb | slapback echo | ring modulation
about {T} | for a {N} video | with a {P} feel | with {P} samples | lyrics about {T} | verses about {T}
""".replace("\n", "|").split("|") if one.strip()
)  # fmt: skip

NEUTRAL = """
about my friend {N} | for my daughter {N} | for the {N} festival | theme for the game {N} | an advert for {N} crisps | set in {N}
recorded in {P} | on a {P} | through a {P} amplifier | for the town of {N} | about a ship called {N} | my cat {N} sleeps
dedicated to {N} and {N} | for {N}'s wedding | for Dr. {N}'s retirement | about Saint {N} | a hymn for {N} church | the river {N}
like a slow train | like a dream you forgot | like walking on ice | like summer in {P} | like an old clock | like a heartbeat
like a lullaby | like a storm | like velvet | like fireworks over the harbour | like something from a forgotten film
sounds like a distant engine | sounds like glass | sounding like a cathedral | should sound like a rainy street | as soft as snow
as if the sea were singing | as if played in a stairwell | as loud as possible | similar to a church bell | similar to a marching band
in the style of {G} | in the style of {E} radio plays | in the style of a lullaby | in the style of a silent film | in the style of {P} folk songs
in the manner of a fanfare | in the vein of {G} and {G} | in the spirit of {E} dance halls | inspired by {T} | inspired by the {P} skyline
inspired by {G} and {G} | inspired by fairy tales | influenced by {G} | influenced by street noise in {P} | reminiscent of {T}
reminiscent of long evenings | a homage to {T} | a tribute to my grandfather | a nod to {E} {G} | by the fireplace | by the lake | by night
by candlelight | written for children | made for dancing | sung by a choir of children | sung by an old man | played by a small orchestra
performed by a string quartet | for fans of {G} | for lovers of {G} | vocals like a whisper | vocals like a robot | a voice like honey
a voice like gravel | drums like gunshots | guitars like a swarm of bees | bass like an earthquake | synths like neon | it cuts like knives
think of {T} | think {E}, think neon | imagine {T} | pretend it is raining | what would {T} sound like | a mix of {G} and {G} | {G} meets {G}
from a {E} cartoon | from the {P} underground | with a {P} horn section | called "{T}" | titled "{N}" | with the words "{T}, {T}"
the hook is "{N} {N}" | singing "oh, {T}" | quote: "{T}" | the narrator says "{T}" | using my own lyrics "{T}"
cover the mix with tape hiss | cover every frequency | covered in reverb | a cover image is not needed | copy the beat to the next bar
copy bar one to bar nine | copyright free | repeat the first part exactly | exactly two minutes | exactly 100 bpm | identical left and right
duplicate the last bar | clone the kick drum an octave lower | a clean version without swearing | a radio version | an extended version
an instrumental version | remix of my own demo | a remake of my own tune | recreate the noise of {T} | reproduce the hum of a fridge
replicate the rhythm that I clap | my own song but faster | mastered version | second version of this, please | alternative ending
The King Is Gone | the queen sleeps | my prince came | a kiss, a rose | the doors were closed | the police came | a cream cake | a rush of blood
tools on the wall | a journey by boat | the future of cities | the seal and the sting ray | a boss level | pink flowers | air and water | the cure for pain
take the train | the birds and bees | the wings of a dove | mercury and venus | the eagles fly | a chicago winter | boston harbour | kansas fields
simple minds think alike | the doors of perception | massive attack of drums | talking heads on tv | an oasis in the desert | blur the edges
"""
ARTIST = """
in the style of {A} | in the style of {A} and {B} | like {A} | like {A} would do it | like early {A} | much like {A} | quite like {A}, really
the way {A} does | the way {A} did in the {E} | how {A} would play it | as {A} would | as only {A} can | as {A} used to | by {A} | a {A} song | an {A} track
a {A} tune | a {A} ballad | a {A} anthem | some {A} | more {A} | very {A} | pure {A} | total {A} | kind of {A} | bit of {A} | a touch of {A} | a dash of {A}
{A} style | {A}-style | {A} vibes | {A} vibe | {A} energy | {A} mood | {A} sound | {A} flow | {A} groove | {A} harmonies | {A} guitars | {A} drums | {A} riffs
{A} vocals | {A} type beat | {A} type song | {A} era | {A} on a sad day | {A} at half speed | {A} covers everything | {A} fans will love it | for {A} fans
that {A} might record | that {A} could have released | that {A} would sing | {A} should be able to sing it | {A} would be proud | imagine {A} doing {G}
imagine {A} with {B} | if {A} and {B} had a band | had {A} gone {G} | when {A} discovered {G} | pretend that {A} is singing | let {A} sing | make {A} sing
sung by {A} | sung in {A}'s voice | in the voice of {A} | with {A}'s voice | {A}'s voice | {A}'s falsetto | {A}'s kind of melody | {A}'s tone | {A}'s first album
a voice close to {A} | a singer close to {A} | vocals resembling {A} | a vocalist similar to {A} | similar to {A} | close to {A} | near to {A} | almost {A}
reminiscent of {A} | recalling {A} | echoing {A} | evoking {A} | channeling {A} | inspired by {A} | inspired by {A}'s work | influenced by {A} | modelled after {A}
after {A} | following {A} | borrowing from {A} | stealing from {A} | in {A}'s footsteps | in the tradition of {A} | in the school of {A} | in the vein of {A}
in the realm of {A} | in the direction of {A} | in {A} territory | {A} territory | between {A} and {B} | {A} meets {B} | {A} x {B} | {A} vs {B} | {A}, {B} | {A} + {B}
think {A} | think {A} or {B} | you know, {A} | e.g. {A} | reference: {A} | references: {A}, {B} | artist: {A} | sounds like: {A} | ref {A} | à la {A} | a la {A}
an homage to {A} | a tribute to {A} | a pastiche of {A} | a parody of {A} | a love letter to {A} | a lost {A} recording | a lost {A} b-side | a new {A} single
the next {A} | the new {A} | a {A} soundalike | unheard {A} demo | produced by {A} | mixed like {A} | written by {A} | feat. {A} | featuring {A} | with {A} on drums
guitar solo by {A} | bass by {A} | what {A} sounds like | sounds like {A} | sounding like {A} | it should sound like {A} | passes for {A} | could be mistaken for {A}
I love {A} | I'm a fan of {A} | my favourite is {A} | as good as {A} | worthy of {A} | same vibe as {A} | same drums as {A} | same mood as {A} | like what {A} makes
{A}-esque | {A}ish | {A}-inspired | {A}-like | {A}-type | post-{A} | not {A} but close | almost like {A}
"""
SONG = """
like "{S}" | like the song {S} | close to "{S}" | near "{S}" | similar to "{S}" | resembling "{S}" | reminiscent of "{S}" | in the style of "{S}" | based on "{S}"
inspired by "{S}" | think "{S}" | "{S}" vibes | the "{S}" vibe | the "{S}" riff | the riff of "{S}" | the bass line of "{S}" | the bass from "{S}" | drums from "{S}"
the chords of "{S}" | chords from "{S}" | the beat of "{S}" | the hook of "{S}" | melody from "{S}" | the intro of "{S}" | the solo in "{S}" | the feeling of "{S}"
the mood of "{S}" | the energy of "{S}" | begin like "{S}" | end like "{S}" | start with "{S}" | take "{S}" and make it {M} | "{S}" but {G} | "{S}" but slower
"{S}" as {G} | "{S}" on {I} | "{S}", slower | I want "{S}" | give me "{S}" | something like "{S}" | as in "{S}" | everybody knows "{S}" | my favourite song is "{S}"
reference track: "{S}" | reference: "{S}" | sounds like "{S}" | could be "{S}" | part two of "{S}" | sequel to "{S}" | an answer to "{S}"
"""
SONG_ARTIST = """
"{S}" by {A} | {S} by {A} | like {S} by {A} | like "{S}" from {A} | {A}'s "{S}" | like {A}'s {S} | {A} - {S} | {A}: {S} | {A}, "{S}" | {S} ({A}) | "{S}" ({A}) | {S}, {A}
{S} from {A} but {M} | {S} from {A} as {G} | {A} {S} intro | that {A} song, {S} | the {A} hit {S} | when {A} sang "{S}" | as {A} sings "{S}" | the bass of {S} by {A}
the mood of "{S}" by {A} | chords of {S} by {A} | similar to {S} by {A} | start like {S} by {A} | {S} by {A} on {I} | {A}'s {S} at half speed | {A}'s {S} as {G}
"""
COPY = """
a cover of {X} | cover {X} | cover version of {X} | {X}, cover | {X} cover | a faithful cover of {X} | an acoustic cover of {X} | a {G} cover of {X} | a rendition of {X}
a {M} rendition of {X} | {G} rendition of {X} | remix {X} | a remix of {X} | {X} remix | {X}, {G} remix | remake {X} | a remake of {X} | {X} remade as {G} | rework {X}
rebuild {X} | rebuild {X} exactly | recreate {X} | recreate {X} exactly | reproduce {X} | replicate {X} | duplicate {X} | clone {X} | copy {X} | copy {X} exactly | imitate {X} exactly
an exact copy of {X} | a perfect copy of {X} | a carbon copy of {X} | the same song as {X} | the very same melody as {X} | {X}, note for note | {X} note by note | {X}, identical
{X}, same arrangement | {X}, same melody, other words | {X} with my lyrics | {X} with my name in it | {X} so that nobody hears the difference | {X} but not detectable
indistinguishable from {X} | impossible to tell from {X} | karaoke of {X} | karaoke track for {X} | backing track for {X} | instrumental of {X} | play {X} | perform {X} on {I}
sing {X} | {X} sung by children | {X} as a lullaby, same tune | plagiarise {X} | rip off {X} | steal {X} | fake {X} | a knockoff of {X} | mashup of {X} and {Y} | medley of {X} and {Y}
"""
COPY_ARTIST = """
clone {A}'s voice | clone the voice of {A} | a {A} clone | a {A} deepfake | deepfake {A} | fake {A} vocals | copy {A} exactly | an exact copy of {A}'s sound | a perfect copy of {A}
make it identical to {A} | {A}, identical voice | impossible to tell from {A} | indistinguishable from {A} | duplicate {A}'s sound | replicate {A} exactly | recreate {A}'s sound exactly
imitate {A} so well that nobody notices | impersonate {A} perfectly | a carbon copy of {A}
"""


def listed(text: str) -> tuple[str, ...]:
    """The clauses of one of the texts above."""
    return tuple(one.strip() for one in text.replace("\n", "|").split("|") if one.strip())
