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
    "de": "Techno|Schlager|Volksmusik|Jazz|Ambient|Punk|Kammermusik|Hip-Hop|Reggae|Metal|Klaviermusik|Chormusik|Walzer|Marsch|Wiegenlied|Kinderlied|Orgelmusik|Filmmusik|Tanzmusik|Blasmusik|Shanty|Choral|Funk|Disco|Ambient",
    "fr": "chanson|jazz manouche|électro|ambient|rock|valse|musette|hip-hop|musique de chambre|disco|marche|berceuse|comptine|bossa nova|techno minimale|funk|musique de film|fanfare|boléro|tango",
    "es": "flamenco|cumbia|bolero|rock|jazz|salsa|reguetón|ambient|música de cámara|tango|hip hop|vals|marcha|nana|canción de cuna|música de cine|banda sonora|ranchera|techno|funk|electrónica|pasodoble",
    "it": "jazz|musica da camera|disco|rock|elettronica|tarantella|ambient|pop|valzer|marcia|ninna nanna|colonna sonora|techno|funk|canzone napoletana|musica elettronica|coro|opera",
    "pt": "samba|bossa nova|fado|forró|rock|jazz|eletrônica|choro|pop",
    "nl": "jazz|techno|rock|levenslied", "pl": "jazz|disco polo|rock|techno", "sv": "jazz|dansband|rock|ambient",
    "tr": "caz|halk müziği|rock|pop", "ru": "джаза|техно|рока|шансона|эмбиента|хип-хопа|вальса|марша|блюза|фолка|рэпа|металла|панка|фанка|диско|колыбельной|романса|джаз|техно|рок|вальс|блюз",
    "ja": "ジャズ|シティポップ|テクノ|ロック|アンビエント|演歌|ボサノヴァ|バラード|ワルツ|マーチ|子守唄|童謡|民謡|雅楽|電子音楽|ダンスミュージック|交響曲|ファンク|ディスコ|パンク|メタル|ラウンジ|チップチューン", "ko": "재즈|발라드|트로트|테크노|록|힙합|왈츠|행진곡|자장가|동요|민요|국악|전자음악|댄스곡|교향곡|펑크|디스코|보사노바|록발라드",
    "zh": "爵士|民谣|摇滚|电子|古风|嘻哈|轻音乐|电子舞曲|进行曲|圆舞曲|摇篮曲|管弦乐|蓝调|朋克|重金属|乡村音乐|戏曲|儿歌|交响乐|合唱曲|放克|迪斯科",
}  # fmt: skip
MOODS = {
    "en": "calm|melancholic|joyful|dark|dreamy|energetic|tense|warm|lonely|playful|epic|nostalgic|hopeful|angry|romantic|mysterious|sleepy|triumphant|bittersweet|hypnotic",
    "de": "ruhig|traurig|fröhlich|düster|verträumt|schnell|langsam|heiter|feierlich|geheimnisvoll|zärtlich|ohne Gesang|hart|sanft|einsam|hoffnungsvoll|gespannt", "fr": "calme|triste|joyeuse|sombre|rêveuse|rapide|lente|douce|légère|mystérieuse|tendue|sans voix|chaleureuse|solennelle|énergique|rêveuse",
    "es": "tranquila|triste|alegre|oscura|rápida|lenta|suave|misteriosa|tensa|cálida|solitaria|enérgica|sin voces|solemne|nostálgica", "it": "calma|triste|allegra|cupa|veloce|lenta|dolce|misteriosa|tesa|calda|sola|energica|senza voce|solenne|nostalgica",
    "pt": "calma|triste|alegre|sombria|rápida", "nl": "rustig|droevig|vrolijk", "pl": "spokojne|smutne|wesołe",
    "sv": "lugn|sorglig|glad", "tr": "sakin|hüzünlü|neşeli", "ru": "спокойно|грустно|весело|мрачно|быстро|медленно|тревожно|нежно|торжественно|таинственно|без слов|без вокала|тепло|одиноко|мечтательно",
    "ja": "静か|にぎやか|幻想的|穏やか|速い|遅い|力強い|悲しい|楽しい|暗い|明るい|切ない|歌なし|激しい|優しい|不思議|懐かしい", "ko": "조용한|슬픈|신나는|느린|빠른|어두운|밝은|따뜻한|외로운|신비로운|가사 없는|강렬한|부드러운", "zh": "安静|悲伤|欢快|梦幻|缓慢|热烈|神秘|紧张|温暖|孤独|轻快|庄严|没有人声|节奏很快|节奏缓慢|柔和|清新",
}  # fmt: skip
INSTRUMENTS = {
    "en": "acoustic guitar|a church organ|analogue synths|strings|a solo cello|hand drums|brass|a Rhodes piano|kalimba|banjo|a fretless bass|vocal chops|field recordings|tabla|harpsichord|a 303 line|vinyl crackle|a brass band|upright bass|choir",
    "de": "Klavier|Gitarre|Streicher|Orgel|Schlagzeug|Synthesizer|Harfe|Geige|Cello|Trompete|Akkordeon|Chor|Kirchenorgel|Pauken|Flöte|Bass|Meeresrauschen", "fr": "piano|guitare|accordéon|violons|batterie|harpe|flûte|violoncelle|trompette|orgue|chœur|contrebasse|clavecin|cloches|bruit de la mer",
    "es": "guitarra|piano|trompeta|cuerdas|percusión|arpa|flauta|violonchelo|órgano|coro|contrabajo|campanas|acordeón|bandoneón|cajón", "it": "pianoforte|chitarra|archi|fisarmonica|arpa|flauto|violoncello|organo|coro|tromba|mandolino|campane|contrabbasso",
    "pt": "violão|piano|cavaquinho|percussão", "nl": "piano|gitaar", "pl": "fortepian|gitara", "sv": "piano|gitarr",
    "tr": "piyano|ney", "ru": "фортепиано|гитара|скрипка|орган|арфа|флейта|барабаны|виолончель|аккордеон|балалайка|синтезатор|духовой оркестр|хор|шум моря", "ja": "ピアノ|ギター|弦楽器|琴|太鼓|尺八|三味線|笛|ハープ|オルガン|サックス|シンセ|鈴|波の音|鳥の声|チェロ|ドラム", "ko": "피아노|기타|가야금|바이올린|첼로|피리|장구|하프|오르간|색소폰|신시사이저|빗소리|드럼",
    "zh": "钢琴|吉他|古筝|二胡|笛子|琵琶|小提琴|大提琴|鼓|风琴|萨克斯|手风琴|竖琴|电吉他|合成器|鸟鸣",
}  # fmt: skip
ERAS = {
    "en": "80s|90s|1970s|sixties|early 2000s|1920s|fifties|late 90s|medieval|victorian",
    "de": "80er|90er|siebziger Jahre|20er Jahre", "fr": "années 80|années 60|années 90", "es": "ochenta|noventa|setenta",
    "it": "anni 80|anni 60", "pt": "anos 80|anos 70", "nl": "jaren 80", "pl": "80-tych|90-tych", "sv": "80-tal",
    "tr": "80'ler", "ru": "80-х|90-х", "ja": "80年代|90年代|昭和", "ko": "80년대|90년대", "zh": "80年代|九十年代",
}  # fmt: skip
THEMES = {
    "en": "the sea|a lost dog|growing old|my grandmother's garden|space travel|a train at night|coffee|the first snow|a broken phone|summer holidays|friendship|rain|war and peace|an empty house|the moon|moving to another town|dragons|winning the cup|a lighthouse keeper|bread",
    "de": "das Meer|den Winter|meinen Hund|die Liebe|eine Reise|den Morgen|Schnee|eine Königin|den Prinzen|die Heimat|Sterne|meine Katze|Kaffee|den Abschied|den Fluss|den Frühling|einen Ball|Luft und Licht", "fr": "la mer|l'hiver|mon chien|l'amour|un voyage|le matin|la neige|une reine|un prince|le pays|les étoiles|mon chat|le café|l'adieu|la rivière|le printemps|le bal|l'air du soir",
    "es": "el mar|el invierno|mi perro|el amor|un viaje|la mañana|la nieve|una reina|un príncipe|mi tierra|las estrellas|mi gato|el café|la despedida|el río|la primavera|el baile", "it": "il mare|l'inverno|l'amore|il mattino|la neve|una regina|un principe|la terra|le stelle|il mio gatto|il caffè|l'addio|il fiume|la primavera|il ballo|la notte", "pt": "o mar|o amor|a chuva",
    "nl": "de zee|liefde", "pl": "morzu|miłości", "sv": "havet|kärlek", "tr": "deniz|aşk", "ru": "море|любовь|зиму|дорогу|утро|снег|королеву|принца|дом|звёзды|кота|кофе|детство|реку|весну|бал|кино|сон",
    "ja": "海|恋|冬|旅|朝|雪|女王|王子|故郷|雨の夜|星空|猫|コーヒー|卒業|子ども|川|春|舞踏会|眠り", "ko": "바다|사랑|겨울|아침|눈|여왕|왕자|고향|비 오는 밤|별|고양이|커피|졸업|아이|강|봄|산책", "zh": "大海|爱情|冬天|旅行|女王|王子|故乡|雨夜|星空|猫|咖啡|毕业|孩子|河流|春天|舞会",
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
