"""Our own templates for labelled prompts, by language.

One template a line. Slots: ``A`` an artist, ``B`` another, ``S`` a song's title, ``G`` a genre, ``M`` a mood, ``I`` an
instrument, ``E`` an era, ``T`` a theme, ``P`` a place or a brand that is no artist; each in braces. The label before the
bar lists the intents, ``-`` for none. The held-out prompts of ``benchmarks/data/prompts.tsv`` were written apart from
these, and a test holds the two sets against each other.
"""

TEMPLATES: dict[str, str] = {
    "en": """
-|{M} {G} track with {I}
-|a {M} {G} song about {T}
-|{E} {G} with {I} and {I}
-|{G}, {M}, {I}, {E}
-|write a {G} song about {T}
-|make a {M} piece for {I} in the style of {E} {G}
-|in the style of {G}, {M} mood
-|something like {E} {G}, {M} and slow
-|an instrumental version of a {G} song about {T}
-|{G} with a {I} solo and a {M} chorus
-|sounds like rain on a window, {M} {G}
-|a pad that sounds like wind, {M}
-|{M} background music for a video about {T}
-|like a walk through {P} at night, {M} {G}
-|inspired by {E} {G} and by the streets of {P}
-|inspired by {T}, {M}, {I}
-|a {G} track in the spirit of {E} radio
-|recorded on a {P}, {M} {I}
-|with a {P} bass line and {E} drums
-|{G} for a trip to {P}
-|a song called "{S}" that I wrote about {T}, {G}
-|use the line "{T}" in the chorus, {M} {G}
-|my lyrics: "{T} in the night", {G} with {I}
-|royalty free {G}, no copyright problems, {M}
-|a remix of my own track, more {G}
-|a cover version of a tune that I wrote, with {I}
-|cover the whole range of the {I}, {M}
-|copy the rhythm I tapped, add {I}
-|make an exact loop of eight bars, {G}
-|two identical bars of {I}, then a break, {G}
-|a tribute to {T}, {M} {G}
-|an homage to {E} {G}
-|a song by candlelight, {M}, {I}
-|written by the sea, {M} {G} about {T}
-|a king and his {T}, {M} {G} ballad
-|the queen of the night, {M} {I}
-|a prince who lost his crown, {G} ballad
-|a kiss in the rain, {M} {G}
-|feel the air and the rush of {T}, {G}
-|yes to life, {M} {G}, {I}
-|the police chase us through {P}, {E} {G}
-|the doors open slowly, {M} {G} intro
-|journey through the {T}, {M} {I}
-|a cold play of light and shadow, {M} {G}
-|muse on {T}, {M} {I}
-|{I} like drops of water, {M}
-|vocals like a choir of angels, {M} {G}
-|singing like a child, {M} lullaby
-|drums like thunder, {G}
-|a female voice sings about {T}
-|{E} vibes, {G}, {M}
-|a mix of {G} and {G} with {I}
-|{G} meets {G}, {M}
-|between {G} and {G}, with {I}
-|{M} song for my friend Anna about {T}
-|a birthday song for my brother Tom, {G}
-|a theme for a game set in {P}, {M} {I}
-|a soundtrack for a film noir, {I}, {M}
-|a love song from the {E}, {M}
-|{G} type beat, {M}, 140 bpm
-|dark {G} beat with {I}, key of F minor
-|Make It {M}. Add {I}. Keep It Slow.
-|{T}
-|{G}
-|{M} {I}
-|I need music for {T}; {M}, please, with {I}
-|could you do {E} {G} but with {I}?
artist|in the style of {A}
artist|a {G} song in the style of {A}
artist|{M} {G} in the style of {A}, about {T}
artist|make a song like {A}
artist|something like {A}
artist|a track that sounds like {A}
artist|sounds like {A} with {I}
artist|{G} inspired by {A}
artist|inspired by {A} and {B}, {M}
artist|{A} style {G}
artist|{A}-style {G} about {T}
artist|{A} type beat
artist|{A} vibes, {M}, {I}
artist|a mix of {A} and {B}
artist|{A} meets {B}
artist|as if {A} played {G}
artist|as sung by {A}, {M}
artist|with vocals like {A}
artist|a voice like {A} singing about {T}
artist|the sound of {A}
artist|reminiscent of {A}, {E}
artist|what {A} would write about {T}
artist|{A} but {G}
artist|{M} {A}
artist|{A}
artist|{G} {A}
artist|a song by {A} about {T}
artist|write me a new {A} song
artist|new track by {A} feat. {B}
artist|guitars like {A}, drums like {B}
artist|{A}'s guitar tone, {G}
artist|{A}-esque {G}, {M}
artist|similar to {A}
artist|in the vein of {A} or {B}
artist|early {A}, {M}
artist|{E} {A}, {I}
artist|channel {A} for a {G} tune about {T}
artist|use the voice of {A}
artist|{G} for fans of {A}
artist|pretend you are {A} and sing about {T}
artist|less like {A}, more {M}
song|like the song {S}
song|like "{S}"
song,artist|a song like "{S}" by {A}
song,artist|something like {S} by {A}
song,artist|in the style of {A}'s "{S}"
song,artist|{A} - {S}
song,artist|{S} by {A}, {M}
song,artist|the chorus of "{S}" by {A}
song,artist|similar to {A}'s {S}
song,artist|with the bass line of {S} by {A}
song|sounds like "{S}"
song|the riff from "{S}" with {I}
song|the melody of "{S}"
song|use the intro of "{S}"
song,clone|a cover of "{S}"
song,clone|cover of {S} with {I}
song,clone,artist|a cover of "{S}" by {A}
song,clone,artist|cover {A}'s {S} in {G}
song,clone,artist|{G} version of {S} by {A}
song,clone,artist|{S} by {A}, {I} cover
song,clone|a {G} remix of "{S}"
song,clone,artist|remix {S} by {A}
song,clone|recreate "{S}" note for note
song,clone,artist|recreate {S} by {A} exactly
song,clone|make an exact copy of "{S}"
song,clone,artist|copy {A}'s {S}
song,clone|same melody as "{S}" with other words
song,clone,artist|a soundalike of {S} by {A}
song,clone|clone the song {S}
song,clone|reproduce "{S}" one to one
song,clone|karaoke version of {S}
clone,artist|clone {A}
clone,artist|an exact imitation of {A}, nobody should hear a difference
clone,artist|copy {A} as closely as possible
clone,artist|make it indistinguishable from {A}
clone,artist|rip off {A}
""",
    "de": """
-|{M} {G} mit {I}
-|ein Lied über {T}, {G}
-|schreibe ein {G}-Stück über {T}
-|im Stil von {G} der {E}
-|im Stil der {E}, {M}
-|Musik wie ein Spaziergang durch {P}
-|klingt wie Regen am Fenster, {I}
-|ruhige Hintergrundmusik für ein Video über {T}
-|eine Königin und ihr Prinz, {G}-Ballade
-|ein Kuss im Regen, {M}
-|das Lied heißt "{S}" und ist von mir, {G}
-|meine eigene Melodie mit {I} und Schlagzeug
-|eine instrumentale Version meines Liedes
-|inspiriert von {T} und von {P}
-|ein Geburtstagslied für meine Schwester Lena
artist|im Stil von {A}
artist|ein Lied wie von {A}
artist|mach einen Song wie {A}
artist|klingt wie {A}, aber mit {I}
artist|inspiriert von {A} und {B}
artist|{G} à la {A}
artist|so wie {A} über {T} singen würde
artist|mit einer Stimme wie {A}
artist|eine Mischung aus {A} und {B}
artist|{A} trifft auf {G}
artist|ein neues Lied von {A}
song|wie das Lied "{S}"
song,artist|so etwas wie {S} von {A}
song,artist|im Stil von "{S}" von {A}
song,clone|eine Coverversion von "{S}"
song,clone,artist|Cover von {S} von {A} mit {I}
song,clone|eine genaue Kopie von "{S}"
song,clone,artist|kopiere {S} von {A}
song,clone|"{S}" eins zu eins nachbauen
song,clone|Remix von {S}
clone,artist|kopiere {A} ganz genau
-|{T} und {T}, {G}, {M}
-|{G} für {T}, {I}
-|{I} und {I}, {M}, für einen Film über {T}
-|die Königin schläft, {I}, {M}
-|mein Refrain: „{T}“, {G}
-|der Text lautet „{T}, {T}“, als {G}
-|meine Zeile „{T}“ als {G} vertonen
-|ein {G} für vier Stimmen
-|am Abend, {I}, {M}
-|für den Verein, {G}, {M}
-|für meine Tochter {N}, {G}
artist|könnte von {A} sein
artist|{A}, aber {M}
artist|in Richtung {A}
artist|wie früher {A}
song,clone|spiel „{S}“ nach
song|ähnlich wie „{S}“
song|die Melodie von „{S}“
""",
    "fr": """
-|{G} {M} avec {I}
-|une chanson sur {T}, {G}
-|dans le style {G} des {E}
-|musique {M} pour une vidéo sur {T}
-|comme une promenade dans {P}, {I}
-|inspiré par {T} et {P}
-|une reine et un prince, ballade {M}
-|un baiser sous la pluie, {G}
-|ma chanson s'appelle « {S} », {G}
-|une version instrumentale de mon morceau
-|un son comme le vent, {M}
artist|dans le style de {A}
artist|une chanson à la manière de {A}
artist|fais un morceau comme {A}
artist|qui ressemble à {A}
artist|inspiré de {A} et {B}
artist|façon {A}, avec {I}
artist|un mélange de {A} et {B}
artist|avec la voix de {A}
artist|une nouvelle chanson de {A}
song|comme « {S} »
song,artist|quelque chose comme {S} de {A}
song,artist|dans le style de « {S} » de {A}
song,clone|une reprise de « {S} »
song,clone,artist|reprise de {S} de {A} avec {I}
song,clone|une copie exacte de « {S} »
song,clone,artist|copie {S} de {A}
song,clone|un remix de {S}
clone,artist|imite exactement {A}
-|{T} et {T}, {G}, {M}
-|{G} pour {T}, {I}
-|{I} et {I}, {M}
-|{G}, {M}, {I}, sans paroles
-|la reine dort, {I}
-|mon refrain : « {T} », {G}
-|pour ma fille {N}, {G}
-|dans le goût des vieux films, {I}
artist|on dirait {A}
artist|à la {A}
artist|{A} mais plus lent
song,clone|refais « {S} »
song|la mélodie de « {S} »
""",
    "es": """
-|{G} {M} con {I}
-|una canción sobre {T}, {G}
-|al estilo del {G} de los {E}
-|música {M} para un vídeo sobre {T}
-|como un paseo por {P}, {I}
-|inspirado en {T} y en {P}
-|una reina y un príncipe, balada {M}
-|un beso bajo la lluvia, {G}
-|mi canción se llama "{S}", {G}
-|una versión instrumental de mi tema
-|que suene como la lluvia
artist|al estilo de {A}
artist|una canción como las de {A}
artist|haz un tema como {A}
artist|que suene como {A}
artist|inspirado en {A} y {B}
artist|una mezcla de {A} y {B}
artist|con la voz de {A}
artist|una canción nueva de {A}
artist|algo parecido a {A} con {I}
song|como la canción "{S}"
song,artist|algo como {S} de {A}
song,artist|al estilo de "{S}" de {A}
song,clone|una versión de "{S}"
song,clone,artist|cover de {S} de {A} con {I}
song,clone|una copia exacta de "{S}"
song,clone,artist|copia {S} de {A}
song,clone|un remix de {S}
clone,artist|imita a {A} exactamente
-|{T} y {T}, {G}, {M}
-|{G} para {T}, {I}
-|{I} y {I}, {M}
-|la reina duerme, {I}
-|mi estribillo: "{T}", {G}
-|para mi hija {N}, {G}
artist|estilo {A}
artist|tipo {A}
artist|{A} pero más lento
song|la melodía de "{S}"
song,clone|la misma canción que "{S}"
""",
    "it": """
-|{G} {M} con {I}
-|una canzone su {T}, {G}
-|nello stile {G} degli {E}
-|come una passeggiata a {P}, {I}
-|ispirato a {T} e a {P}
-|una regina e un principe, ballata {M}
artist|nello stile di {A}
artist|una canzone come quelle di {A}
artist|fai un brano come {A}
artist|che suoni come {A}
artist|ispirato a {A} e {B}
artist|con la voce di {A}
song|come la canzone "{S}"
song,artist|qualcosa come {S} di {A}
song,clone|una cover di "{S}"
song,clone,artist|cover di {S} di {A} con {I}
song,clone,artist|copia esatta di {S} di {A}
clone,artist|imita {A} alla perfezione
-|{T} e {T}, {G}, {M}
-|{G} per {T}, {I}
-|{I} e {I}, {M}
-|la regina dorme, {I}
-|per mia figlia {N}, {G}
-|della notte, {I} e {I}
artist|alla {A}
artist|{A} ma più lento
song,clone|rifai "{S}" uguale
""",
    "pt": """
-|{G} {M} com {I}
-|uma canção sobre {T}, {G}
-|no estilo {G} dos {E}
-|como um passeio por {P}, {I}
-|inspirado em {T} e em {P}
-|uma rainha e um príncipe, balada {M}
artist|no estilo de {A}
artist|uma música como as de {A}
artist|faça uma música como {A}
artist|que soe como {A}
artist|inspirado em {A} e {B}
artist|com a voz de {A}
song|como a música "{S}"
song,artist|algo como {S} de {A}
song,clone|um cover de "{S}"
song,clone,artist|cover de {S} de {A} com {I}
song,clone,artist|cópia exata de {S} de {A}
clone,artist|imite {A} perfeitamente
""",
    "nl": """
-|{G} met {I}, {M}
-|een lied over {T}
-|in de stijl van {E} {G}
artist|in de stijl van {A}
artist|een nummer zoals {A}
artist|geïnspireerd door {A} en {B}
song,artist|iets als {S} van {A}
song,clone,artist|een cover van {S} van {A}
song,clone|een exacte kopie van "{S}"
""",
    "pl": """
-|{G}, {I}, {M}
-|piosenka o {T}
-|w stylu {G} z lat {E}
artist|w stylu {A}
artist|piosenka jak {A}
artist|inspirowane {A} i {B}
song,artist|coś jak {S} {A}
song,clone|cover "{S}"
song,clone,artist|dokładna kopia {S} {A}
""",
    "sv": """
-|{G} med {I}, {M}
-|en låt om {T}
artist|i stil med {A}
artist|en låt som låter som {A}
song,artist|något som {S} av {A}
song,clone,artist|en cover på {S} av {A}
""",
    "tr": """
-|{I} ile {M} {G}
-|{T} hakkında bir şarkı
artist|{A} tarzında bir şarkı
artist|{A} gibi bir parça
song,artist|{A}'dan {S} gibi
song,clone,artist|{A} - {S} cover versiyonu
""",
    "ru": """
-|{M} {G}, {I}
-|песня про {T}, {G}
-|в стиле {G} {E}
-|музыка как прогулка по городу ночью
-|королева и принц, баллада
-|поцелуй под дождём, {M}
-|спокойная музыка для видео про {T}
-|звучит как дождь за окном
-|инструментальная версия моей песни
artist|в стиле {A}
artist|песня в стиле группы {A}
artist|сделай трек как у {A}
artist|похоже на {A}
artist|вдохновлено {A} и {B}
artist|голосом {A} про {T}
artist|смесь {A} и {B}
artist|новая песня {A}
song|как песня «{S}»
song,artist|что-то вроде «{S}» {A}
song,clone|кавер на песню «{S}»
song,clone,artist|кавер на {S} группы {A}
song,clone|точная копия «{S}»
song,clone|ремикс {S}
clone,artist|скопируй {A} один в один
-|{T} и {T}, {M}
-|{I} и {I}, {M}
-|{G}, {M}, {I}
-|про {T}, лирическая тема, {I}
-|музыка для {T}, {M}
-|королева спит, {I}
-|мой припев: «{T}», {M}
-|для моей дочки {N}, {M}
artist|под {A}
artist|в духе {A}
artist|звучит как {A}
song|мелодия из «{S}»
song,clone|перепой «{S}»
""",
    "ja": """
-|{M}な{G}、{I}
-|{T}についての歌
-|{E}の{G}風の曲
-|雨の音のような静かな音楽
-|夜の街を歩くような曲
-|女王と王子のバラード
-|ピアノとギターの穏やかな曲
-|勉強用の静かなBGM
-|自分で書いた歌詞で{G}
artist|{A}風の曲
artist|{A}みたいな曲を作って
artist|{A}のような歌
artist|{A}っぽい{G}
artist|{A}のスタイルで
artist|{A}の声で歌って
artist|{A}と{B}を混ぜた感じ
artist|{A}の新曲
song|「{S}」みたいな曲
song,artist|{A}の「{S}」のような曲
song,clone|「{S}」のカバー
song,clone,artist|{A}の「{S}」をカバーして
song,clone|「{S}」をそっくりコピーして
song,clone,artist|{A}の{S}を完全に再現して
song,clone|「{S}」のリミックス
clone,artist|{A}をそっくり真似して
-|{T}の{G}
-|{T}と{T}の曲
-|{I}と{I}の{M}曲
-|{I}と{I}
-|{T}に合う{M}{G}
-|{M}{G}、{I}
-|{T}に聴く{M}{I}
-|{T}が踊る{G}
-|ゲームの{T}、{M}
-|歌詞は「{T}」、{G}
artist|{A}っぽく
artist|{A}が歌うような{G}
song|「{S}」のメロディで
""",
    "ko": """
-|{M} {G}, {I}
-|{T}에 대한 노래
-|{E} {G} 스타일의 곡
-|비 오는 날에 어울리는 잔잔한 음악
-|여왕과 왕자에 대한 발라드
-|피아노와 기타로 만든 조용한 곡
artist|{A} 스타일의 노래
artist|{A} 같은 노래 만들어줘
artist|{A}처럼 불러줘
artist|{A} 느낌의 {G}
artist|{A}의 목소리로
artist|{A}와 {B}를 섞은 느낌
song|'{S}' 같은 노래
song,artist|{A}의 {S} 같은 곡
song,clone,artist|{A}의 '{S}' 커버
song,clone|'{S}' 똑같이 만들어줘
song,clone,artist|{A}의 {S} 그대로 복사해줘
clone,artist|{A} 똑같이 따라해줘
-|{T}의 {G}
-|{T}에 어울리는 {M} {I}
-|{I}와 {I}, {M}
-|{M} {G}, {T}
-|{T}할 때 듣는 {M} {G}
-|가사는 "{T}", {G}
artist|{A} 느낌 나는 곡
artist|{A} 풍으로
song|'{S}' 멜로디로
""",
    "zh": """
-|{M}的{G}，{I}
-|关于{T}的歌
-|{E}风格的{G}
-|像雨声一样安静的音乐
-|像在夜晚的城市里散步
-|女王和王子的抒情歌
-|钢琴和吉他的轻音乐
-|适合学习的背景音乐
artist|{A}风格的歌
artist|像{A}那样的歌
artist|模仿{A}
artist|类似{A}的{G}
artist|用{A}的声音唱
artist|{A}和{B}的混合
artist|写一首{A}的新歌
song|像《{S}》一样的歌
song,artist|类似{A}的《{S}》
song,clone|翻唱《{S}》
song,clone,artist|翻唱{A}的《{S}》
song,clone|完全复制《{S}》
song,clone,artist|把{A}的{S}照搬过来
song,clone|《{S}》的混音版
clone,artist|完全复制{A}的声音和风格
-|{T}的{G}
-|{T}的{I}与{I}
-|{T}里{T}的{G}
-|{M}的{I}
-|{I}和{I}，{M}
-|{G}，{M}，{I}
-|{M}的{G}，没有歌词
-|给{T}的{G}
-|歌词是“{T}”，{G}
artist|{A}式的{G}
artist|{A}那种{G}
artist|来一首{A}的歌
song|《{S}》的旋律
song,clone|原样翻唱《{S}》
""",
}
