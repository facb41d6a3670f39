"""What fills the templates' slots: public facts (names, titles), our own words, and invented names.

No name or title here appears in the held-out prompts; a test compares them.
"""

ARTISTS = tuple(
    one.strip() for one in """
Led Zeppelin | Pink Floyd | David Bowie | Madonna | Michael Jackson | Rihanna | Kanye West | Taylor Swift | Ed Sheeran
Coldplay | U2 | R.E.M. | Depeche Mode | New Order | The Cure | Joy Division | Radiohead | Nirvana | Pearl Jam
Foo Fighters | Green Day | Linkin Park | Slipknot | Iron Maiden | Black Sabbath | Deep Purple | The Rolling Stones
The Who | Bob Dylan | Johnny Cash | Dolly Parton | Elvis Presley | Chuck Berry | Ray Charles | Stevie Wonder
Marvin Gaye | Aretha Franklin | James Brown | Bob Marley | Jay-Z | Eminem | Snoop Dogg | Kendrick Lamar | Drake
Lady Gaga | Katy Perry | Ariana Grande | Justin Bieber | The Weeknd | Bruno Mars | Adele | Sam Smith | Hozier
Lana Del Rey | Lorde | Arctic Monkeys | Oasis | Blur | Muse | Gorillaz | Massive Attack | Portishead | Aphex Twin
Boards of Canada | Skrillex | deadmau5 | Avicii | David Guetta | Calvin Harris | Jean-Michel Jarre | Vangelis
Hans Zimmer | Ennio Morricone | John Williams | Björk | Sigur Rós | Rosalía | Shakira | Bad Bunny | Juan Luis Guerra
Carlos Gardel | Édith Piaf | Serge Gainsbourg | Stromae | Indila | Nena | Herbert Grönemeyer | Die Ärzte | Kraftwerk
Rammstein | Vasco Rossi | Mina | Caetano Veloso | Elis Regina | Amália Rodrigues | Tarkan | Czesław Niemen | Roxette
Talking Heads | Simple Minds | The Clash | Genesis | Supertramp | Eagles | The Doors | Green Velvet
""".replace("\n", "|").split("|") if one.strip()
)  # fmt: skip
NATIVE = {
    "ru": ("Земфира", "Алла Пугачёва", "Сплин", "Би-2", "ДДТ", "Мумий Тролль", "Наутилус Помпилиус", "Король и Шут"),
    "ja": ("宇多田ヒカル", "米津玄師", "きゃりーぱみゅぱみゅ", "レディー・ガガ", "コールドプレイ", "スピッツ", "あいみょん", "サカナクション"),
    "ko": ("아이유", "블랙핑크", "소녀시대", "빅뱅", "조용필", "에스파", "레드벨벳"),
    "zh": ("邓丽君", "王菲", "五月天", "陈奕迅", "林俊杰", "鄧紫棋", "李宗盛"),
}  # fmt: skip
TITLES = tuple(
    one.strip() for one in """
Stairway to Heaven | Imagine | Billie Jean | Thriller | Like a Rolling Stone | Hey Jude | Wonderwall | Creep | Hallelujah
Shape of You | Rolling in the Deep | Blinding Lights | Uptown Funk | Bad Romance | Umbrella | Paranoid | Smoke on the Water
Satisfaction | Johnny B. Goode | No Woman No Cry | Respect | Superstition | Heroes | Space Oddity | With or Without You
Losing My Religion | Blue Monday | Personal Jesus | Karma Police | Teardrop | Windowlicker | Levels | Oxygène | La Vie en rose
Alors on danse | 99 Luftballons | Autobahn | Du hast | Despacito | Hips Don't Lie | Volare | Garota de Ipanema | Chariots of Fire
Clocks | Yellow | Fix You | Beat It | Material Girl | Vogue | Royals | Take On Me | Africa Calling | Running Up the Road
""".replace("\n", "|").split("|") if one.strip()
)  # fmt: skip
NATIVE_TITLES = {
    "ru": ("Хочешь", "Миллион алых роз", "Выхода нет", "Осень"),
    "ja": ("Lemon", "夜に駆ける", "チェリー", "未来へ"),
    "ko": ("좋은 날", "거짓말", "봄날의 노래"),
    "zh": ("月亮代表我的心", "红豆", "十年", "温柔"),
}
GENRES = {
    "en": "ambient|techno|deep house|drum and bass|trip hop|lo-fi hip hop|synthwave|folk|bluegrass|country|punk|post-rock|shoegaze|doom metal|thrash metal|jazz|bebop|bossa nova|samba|salsa|flamenco|reggae|ska|gospel|soul|funk|disco|baroque music|string quartet|piano ballad|trap|drill|grime|indie pop|dream pop|k-pop|afrobeat|cumbia|tango|waltz|lullaby|march|chiptune|new wave|krautrock|city pop|garage rock|blues|swing|klezmer|chamber music|orchestral film score",
    "de": "Techno|Schlager|Volksmusik|Jazz|Ambient|Punk|Kammermusik|Hip-Hop|Reggae|Metal|Klaviermusik|Chormusik",
    "fr": "chanson|jazz manouche|électro|ambient|rock|valse|musette|hip-hop|musique de chambre|disco",
    "es": "flamenco|cumbia|bolero|rock|jazz|salsa|reguetón|ambient|música de cámara|tango|hip hop",
    "it": "jazz|musica da camera|disco|rock|elettronica|tarantella|ambient|pop",
    "pt": "samba|bossa nova|fado|forró|rock|jazz|eletrônica|choro|pop",
    "nl": "jazz|techno|rock|levenslied", "pl": "jazz|disco polo|rock|techno", "sv": "jazz|dansband|rock|ambient",
    "tr": "caz|halk müziği|rock|pop", "ru": "джаза|техно|рока|шансона|эмбиента|хип-хопа|вальса",
    "ja": "ジャズ|シティポップ|テクノ|ロック|アンビエント|演歌|ボサノヴァ|バラード", "ko": "재즈|발라드|트로트|테크노|록|힙합",
    "zh": "爵士|民谣|摇滚|电子|古风|嘻哈|轻音乐",
}  # fmt: skip
MOODS = {
    "en": "calm|melancholic|joyful|dark|dreamy|energetic|tense|warm|lonely|playful|epic|nostalgic|hopeful|angry|romantic|mysterious|sleepy|triumphant|bittersweet|hypnotic",
    "de": "ruhig|traurig|fröhlich|düster|verträumt|schnell", "fr": "calme|triste|joyeuse|sombre|rêveuse|rapide",
    "es": "tranquila|triste|alegre|oscura|rápida|lenta", "it": "calma|triste|allegra|cupa|veloce",
    "pt": "calma|triste|alegre|sombria|rápida", "nl": "rustig|droevig|vrolijk", "pl": "spokojne|smutne|wesołe",
    "sv": "lugn|sorglig|glad", "tr": "sakin|hüzünlü|neşeli", "ru": "спокойно|грустно|весело|мрачно|быстро",
    "ja": "静か|にぎやか|幻想的|穏やか", "ko": "조용한|슬픈|신나는", "zh": "安静|悲伤|欢快|梦幻",
}  # fmt: skip
INSTRUMENTS = {
    "en": "acoustic guitar|a church organ|analogue synths|strings|a solo cello|hand drums|brass|a Rhodes piano|kalimba|banjo|a fretless bass|vocal chops|field recordings|tabla|harpsichord|a 303 line|vinyl crackle|a brass band|upright bass|choir",
    "de": "Klavier|Gitarre|Streicher|Orgel|Schlagzeug|Synthesizer", "fr": "piano|guitare|accordéon|violons|batterie",
    "es": "guitarra|piano|trompeta|cuerdas|percusión", "it": "pianoforte|chitarra|archi|fisarmonica",
    "pt": "violão|piano|cavaquinho|percussão", "nl": "piano|gitaar", "pl": "fortepian|gitara", "sv": "piano|gitarr",
    "tr": "piyano|ney", "ru": "фортепиано|гитара|скрипка|орган", "ja": "ピアノ|ギター|弦楽器|琴", "ko": "피아노|기타|가야금",
    "zh": "钢琴|吉他|古筝|二胡",
}  # fmt: skip
ERAS = {
    "en": "80s|90s|1970s|sixties|early 2000s|1920s|fifties|late 90s|medieval|victorian",
    "de": "80er|90er|siebziger Jahre|20er Jahre", "fr": "années 80|années 60|années 90", "es": "ochenta|noventa|setenta",
    "it": "anni 80|anni 60", "pt": "anos 80|anos 70", "nl": "jaren 80", "pl": "80-tych|90-tych", "sv": "80-tal",
    "tr": "80'ler", "ru": "80-х|90-х", "ja": "80年代|90年代|昭和", "ko": "80년대|90년대", "zh": "80年代|九十年代",
}  # fmt: skip
THEMES = {
    "en": "the sea|a lost dog|growing old|my grandmother's garden|space travel|a train at night|coffee|the first snow|a broken phone|summer holidays|friendship|rain|war and peace|an empty house|the moon|moving to another town|dragons|winning the cup|a lighthouse keeper|bread",
    "de": "das Meer|den Winter|meinen Hund|die Liebe|eine Reise", "fr": "la mer|l'hiver|mon chien|l'amour|un voyage",
    "es": "el mar|el invierno|mi perro|el amor|un viaje", "it": "il mare|l'inverno|l'amore", "pt": "o mar|o amor|a chuva",
    "nl": "de zee|liefde", "pl": "morzu|miłości", "sv": "havet|kärlek", "tr": "deniz|aşk", "ru": "море|любовь|зиму|дорогу",
    "ja": "海|恋|冬|旅", "ko": "바다|사랑|겨울", "zh": "大海|爱情|冬天|旅行",
}  # fmt: skip
PLACES = (
    "Berlin Tokyo Paris Havana Lisbon Reykjavik Naples Cairo Kyoto Brooklyn Andalusia Siberia Moog Fender TR-808 "
    "DX7 Juno Mellotron Wurlitzer Hammond Telecaster Linn Yamaha Roland Ibiza Detroit Chicago Memphis "
).split()
SYLLABLES = (
    "ba be bo da de do fa fi ga go ha jo ka ke ki la le li lo ma me mi mo na ne no pa pe ra re ri ro sa se so ta "
    "te ti to va ve vi za zo an en in on ar er or is us ell ith ock and ynn ard een "
).split()
WORDS_OF_BANDS = (
    "Silver Black Electric Velvet Paper Broken Neon Golden Midnight Crystal Wild Lost Holy Iron Glass Hollow "
    "Northern Wolves Ghosts Engines Gardens Mirrors Sisters Tigers Rivers Kings Lanterns Parade Machine Orchestra "
    "Society Horses Satellites Birds Cathedral Thieves Motel Circus Harbour "
).split()
PREFIXES = {
    "en": "generate |please make |I want |create |hey, can you make |give me |compose |produce |I'd like |need |make me ",
    "de": "bitte |erstelle |ich möchte |komponiere ", "fr": "crée |je voudrais |compose ", "es": "crea |quiero |por favor, ",
    "it": "crea |vorrei ", "pt": "crie |quero ", "ru": "создай |хочу |напиши ",
}  # fmt: skip
SUFFIXES = {
    "en": ", {M}|, {I}|, 120 bpm|, {E}|. no vocals|, please|, about {T}|, {M} and {M}|, female vocals|, with a long intro|, high quality",
    "de": ", bitte|, {M}|, mit {I}", "fr": ", s'il te plaît|, {M}", "es": ", por favor|, {M}", "ja": "、{M}に|。お願いします",
    "ru": ", пожалуйста|, {M}", "ko": ", 부탁해요", "zh": "，谢谢",
}  # fmt: skip
PETS = (
    "Bruno Lena Oskar Maya Felix Anna Tommy Clara Hugo Nora Emil Ida Rex Bella Milo Luna Otto Greta Willow Pepper "
    "Hansen Miller Schmidt Dubois Garcia Kowalski Larsen Novak Brighton Marseille Porto Graz Bergen Malmo Tampere "
    "Zermatt Galway "
).split()
"""Given names, surnames and towns."""
