"""The phrases by which `newsbot.reading.boilerplate` recognises boilerplate, by rule and language.

This module is data only. Each phrase is a regular expression without capturing groups, mostly plain words.
Case is ignored unless a comment says otherwise. A phrase is listed for what it means, never to fit one
particular page.
"""

# ruff: noqa: RUF001, E501 other scripts are the point, and a phrase is not broken over lines

__all__ = [
    "ASKS",
    "BIO",
    "BYLINE",
    "COMMENTS",
    "CONSENT",
    "CONTINUE",
    "CONTROLS",
    "CORRECTION",
    "CREDIT",
    "FIRST_PERSON",
    "MORE",
    "NETWORKS",
    "OURS",
    "POINTER",
    "PROMPT",
    "RIGHTS",
    "ROLES",
    "SIGN_OFF",
]


def _alternatives(*phrases: str) -> str:
    return "|".join(phrases)


# A whole line that is a button, a label or a placeholder.
CONTROLS = _alternatives(
    # English
    r"(?:enter )?your e-?mail(?: address)?|e-?mail address|manage (?:preferences|consent|cookies|options)",
    r"spread the (?:word|love)|comparte esto|teilen mit|advertis(?:e)?ments?|ads?",
    r"sponsored(?: content)?|promoted|paid (?:content|post)|scroll to continue.*",
    r"(?:article|story) continues (?:below|after) .*|continue reading(?: the main story| below)?",
    r"keep reading|read (?:more|the full (?:story|article)|full (?:story|article)|next|on)",
    r"see (?:more|all)|view (?:more|all)|learn more|find out more|show (?:more|less|comments)",
    r"load (?:more|comments)|loading|load more(?: posts| articles)?|more|share",
    r"share (?:this|on|via|it|with).*|shares?:?|tweet|like this|like loading|pin it",
    r"print(?: this)?|email(?: this)?|copy (?:the )?link|link copied|copied|save|saved|bookmark",
    r"listen(?: to (?:this )?(?:article|story))?.*|play(?: video)?|watch(?: now| video)?",
    r"follow(?: us)?|subscribe(?: now)?|sign (?:up|in)(?: now)?|log ?in|register|join (?:now|us)",
    r"donate(?: now)?|skip to (?:main )?content|back to top|top|home|menu|search|close|next",
    r"previous|prev|next (?:article|post|story)|previous (?:article|post|story)",
    r"accept(?: all)?(?: cookies)?|reject(?: all)?|decline|i agree|agree|got it|ok",
    r"privacy (?:policy|settings)|cookie (?:policy|settings)",
    r"terms (?:of (?:use|service)|and conditions)|contact(?: us)?|about us",
    r"report (?:an? )?(?:error|typo|ad|this ad)|follow on google news|getty images",
    r"(?:photo )?gallery|image|photo|video|this article (?:is|was) .{0,40}(?:minutes?|min) read",
    r"\d+ (?:min(?:ute)?s?|shares?|comments?|views?|likes?)(?: read)?|reading time:? .{0,20}",
    r"updated|published|tags?|filed under|topics?|categor(?:y|ies)|uncategorized|breaking news",
    r"latest news",
    # Urdu, Arabic, Persian
    r"اشتہار|اشتہارات|مزید پڑھیں|مزید|شیئر کریں|شیئر|تبصرہ کریں|ہوم|سبسکرائب کریں|فالو کریں",
    r"پرنٹ کریں|ٹیگز|إعلان|اعلان|إعلانات|اقرأ المزيد|المزيد|قراءة المزيد|تابع القراءة|شارك|مشاركة",
    r"شارك المقال|طباعة|الرئيسية|اشترك(?: الآن)?|تابعنا|نسخ الرابط|الوسوم|وسوم|ادامه مطلب",
    r"اشتراک گذاری|آگهی|تبلیغات",
    # Hindi
    r"विज्ञापन|और पढ़ें|आगे पढ़ें|पूरी खबर पढ़ें|शेयर करें|साझा करें|टिप्पणी करें|सब्सक्राइब करें",
    r"फॉलो करें|होम",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"publicidad|anuncio|leer m[aá]s|seguir leyendo|sigue leyendo|ver m[aá]s|compartir(?: en.*)?",
    r"comp[aá]rtelo|imprimir|suscr[ií]bete|suscribirse|inicio|etiquetas|s[ií]guenos|publicidade",
    r"leia mais|continua após a publicidade|continue lendo|saiba mais|compartilhe|compartilhar",
    r"in[ií]cio|pubblicit[àa]|leggi tutto|leggi di pi[ùu]|continua a leggere|condividi(?: su.*)?",
    r"stampa|iscriviti|publicit[ée]|lire (?:la suite|plus)|en savoir plus|voir plus",
    r"partager(?: sur.*)?|imprimer|s['’]abonner|abonnez-vous|accueil",
    r"la suite après cette publicité|anzeige|werbung|weiterlesen|mehr lesen|mehr erfahren",
    r"mehr dazu|teilen(?: auf.*)?|drucken|abonnieren|startseite|nach oben|schlagw[oö]rter",
    r"artikel drucken|lesezeit:? .{0,20}|advertentie|lees (?:meer|verder)|delen",
    # Japanese, Korean, Chinese
    r"広告|続きを読む|もっと見る|もっと読む|シェア(?:する)?|ツイート|共有|印刷|ホーム|コメントする|スポンサーリンク|この記事をシェア.*|フォロー(?:する)?|全文表示",
    r"タグ|광고|더 ?보기|공유(?:하기)?|인쇄|댓글|구독(?:하기)?|기사 ?원문|글자 ?크기.*|목록|广告|廣告|阅读更多|閱讀更多|查看更多|分享(?:到.*)?|收藏",
    r"打印|列印|返回顶部|展开全文|责任编辑.{0,20}",
)

# The start of a line that points to another article. A colon, a dash or the line's end follows it.
POINTER = _alternatives(
    # English
    r"(?:also )?(?:read|see|watch|view|listen|check out)(?: also| more| next| it| this| the .{1,30}| here)?",
    r"also(?: on [\w. ]{2,20})?|must[- ]read|more (?:on|from|about|in) .{2,40}|more",
    r"related(?: \w+){0,2}|recommended(?: (?:reading|for you))?",
    r"you (?:may|might) also (?:like|enjoy|be interested in)|in case you missed it|icymi",
    r"don['’]?t miss|read on|editor['’]?s picks?|up next|trending(?: now)?",
    # Urdu, Arabic, Persian
    r"یہ بھی پڑھیں|یہ بھی پڑھیے|مزید پڑھیں|مزید پڑھیے|مزید خبریں|متعلقہ خبریں|بھی پڑھیں",
    r"یہ بھی دیکھیں|اقرأ أيضا[ً]?|اقرأ ايضا|إقرأ أيضا[ً]?|طالع أيضا[ً]?|شاهد أيضا[ً]?|اقرأ المزيد",
    r"مواضيع ذات صلة|أخبار ذات صلة|للمزيد|بیشتر بخوانید",
    # Hindi
    r"यह भी पढ़ें|ये भी पढ़ें|यह भी देखें|ये भी देखें|और पढ़ें|इसे भी पढ़ें",
    r"संबंधित (?:खबरें|ख़बरें|लेख)",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"(?:lea|lee|leer|vea|ver|mira|te puede interesar)(?: tambi[eé]n)?",
    r"tambi[eé]n te puede interesar|te puede interesar|le puede interesar|lea m[aá]s",
    r"m[aá]s informaci[oó]n|noticias? relacionadas?|relacionad[oa]s?|leia (?:tamb[eé]m|mais)",
    r"veja (?:tamb[eé]m|mais)|saiba mais|not[ií]cias relacionadas|leggi anche",
    r"(?:ti|vi) potrebbe(?:ro)? (?:anche )?interessare|guarda anche|approfondisci",
    r"(?:à )?lire aussi|à voir aussi|voir aussi|sur le m[eê]me (?:sujet|th[eè]me)",
    r"à lire(?: [eé]galement)?|pour aller plus loin|lire [eé]galement",
    r"(?:lesen sie|lies) (?:auch|hier|mehr|dazu)(?: auch| mehr)?|mehr (?:zum thema|dazu|lesen)",
    r"siehe auch|auch interessant|das könnte (?:sie|dich) auch interessieren|zum thema",
    r"lesen sie (?:auch )?(?:mehr|weiter)|lees ook|bekijk ook",
    # Japanese, Korean, Chinese
    r"関連(?:記事|リンク|ニュース|トピックス|動画|ワード)?|あわせて読みたい|合わせて読みたい|こちらも|【?関連(?:記事)?】?|おすすめ(?:記事)?|次の記事|前の記事",
    r"관련 ?기사|관련 ?뉴스|더 읽어보기|함께 ?보면 ?좋은.*|相关(?:阅读|新闻|文章|链接)|相關(?:閱讀|新聞|文章)|延伸(?:阅读|閱讀)",
    r"更多(?:新闻|新聞|阅读)|推荐阅读|推薦閱讀",
)

# A whole line that heads a list of other articles. What follows, up to the next body text, is left out.
MORE = _alternatives(
    # English
    r"(?:(?:our|the|daily|weekly|get our|subscribe to our|sign up for our) )?newsletters?(?: sign-?up)?",
    r"(?:the )?(?:most )?recent (?:posts?|articles?|stories|news|comments?)",
    r"(?:related|similar|recommended|suggested|popular|trending|featured|latest|other|more|top|further|previous|next) (?:posts?|articles?|stories|news|content|coverage|topics?|links?|reads?|reading|videos?|headlines|tags|from .{2,40}|on .{2,40}|in .{2,40}|by .{2,40}|for you)(?: from .{2,40})?",
    r"related|recommended|trending(?: now)?",
    r"most (?:read|popular|viewed|shared|commented)(?: .{2,30})?|popular(?: now)?",
    r"you (?:may|might|would) (?:also )?(?:like|enjoy|have missed|be interested in).{0,20}",
    r"(?:also|more) (?:on|from|in) .{2,40}|what to read next|read next|up next|keep reading",
    r"don['’]?t miss(?: these)?|editor['’]?s (?:picks?|choice)|in case you missed it|must reads?",
    r"explore (?:more|further)|around the web|from (?:around )?the web|sponsored (?:stories|links)",
    r"promoted (?:stories|links|content)|elsewhere on .{2,30}|on this story|popular tags|tags",
    r"archives|categories|blogroll|recommended for you|for you",
    # Urdu, Arabic, Persian
    r"حالیہ (?:پوسٹس|خبریں|مضامین)|تازہ ترین(?: خبریں)?|متعلقہ (?:خبریں|مضامین|پوسٹس)|مزید خبریں",
    r"مقبول(?: ترین)?(?: خبریں)?|یہ بھی پڑھیں|آپ کو یہ بھی پسند آ.{0,10}|دیگر خبریں|اہم خبریں|ٹیگز",
    r"(?:أحدث|آخر|أهم|أبرز) (?:المقالات|الأخبار|المواضيع|المنشورات)",
    r"(?:مقالات|مواضيع|أخبار|موضوعات) (?:ذات صلة|مشابهة|مرتبطة|أخرى|متعلقة)",
    r"الأكثر (?:قراءة|مشاهدة|شعبية|تداولا)|قد يعجبك(?: أيضا[ً]?| ايضا)?|اقرأ أيضا[ً]?",
    r"المزيد من .{2,40}|ذات صلة|اخترنا لكم|مطالب مرتبط|آخرین اخبار",
    # Hindi
    r"(?:संबंधित|ताज़ा|ताजा|हालिया|अन्य|लोकप्रिय|ट्रेंडिंग) (?:खबरें|ख़बरें|समाचार|लेख|पोस्ट|न्यूज़)",
    r"यह भी पढ़ें|ये भी पढ़ें|और खबरें|सबसे ज़?्?यादा पढ़े गए|सबसे ज्यादा पढ़ी गई.*",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"(?:art[ií]culos?|noticias?|entradas?|publicaciones|contenidos?|temas|posts?) (?:relacionad[oa]s?|recientes|similares|destacad[oa]s|populares|recomendad[oa]s)",
    r"[uú]ltimas (?:noticias|entradas)|lo m[aá]s (?:le[ií]do|visto|popular|reciente)",
    r"(?:tambi[eé]n )?te (?:puede|podr[ií]a) (?:tambi[eé]n )?interesar",
    r"m[aá]s (?:noticias|art[ií]culos|de .{2,40}|sobre .{2,40}|en .{2,40})|temas|etiquetas",
    r"no te pierdas|archivado en",
    r"(?:artigos|not[ií]cias|posts|mat[eé]rias) (?:relacionad[oa]s|recentes)",
    r"[uú]ltimas not[ií]cias|mais lidas|veja tamb[eé]m|leia tamb[eé]m",
    r"voc[eê] (?:tamb[eé]m )?pode (?:tamb[eé]m )?gostar.*",
    r"(?:articoli|notizie|post) (?:correlati|recenti|simili)|ultime notizie|i pi[uù] letti",
    r"potrebbe interessarti.*|leggi anche|ti potrebbe(?:ro)? interessare.*",
    r"(?:articles?|actualit[eé]s?|billets|sujets) (?:r[eé]cents?|li[eé]s|connexes|similaires|associ[eé]s|recommand[eé]s|les plus lus)",
    r"les plus (?:lus|populaires|partag[eé]s)|derni[eè]res (?:actualit[eé]s|nouvelles|infos)",
    r"à lire aussi|à lire [eé]galement|vous (?:aimerez|pourriez) (?:aussi|[eé]galement).{0,30}",
    r"sur le m[eê]me (?:sujet|th[eè]me)",
    r"plus (?:d['’]articles|d['’]actualit[eé]s|sur .{2,40}|de .{2,40})",
    r"articles de la m[eê]me cat[eé]gorie|recommand[eé] pour vous",
    r"(?:ähnliche|verwandte|weitere|neueste|aktuelle|letzte|beliebte|meistgelesene|empfohlene) (?:artikel|beitr[aä]ge|themen|nachrichten|meldungen|inhalte|posts|videos|links)",
    r"mehr (?:zum thema|aus .{2,40}|von .{2,40}|artikel|nachrichten|über .{2,40})|meistgelesen",
    r"das könnte (?:sie|dich|ihnen|dir) auch (?:interessieren|gefallen).{0,10}|lesen sie auch",
    r"auch interessant|themen|schlagw[oö]rter|empfehlungen der redaktion|zum thema",
    r"(?:gerelateerde|recente|meest gelezen) (?:artikelen|berichten)|lees ook|meest gelezen",
    # Japanese, Korean, Chinese
    r"関連(?:記事|ニュース|リンク|トピックス|コンテンツ|キーワード|ワード|動画)(?:一覧)?|最新(?:記事|ニュース|の記事|の投稿)(?:一覧)?",
    r"最近の(?:記事|投稿|コメント)|人気(?:記事|の記事|ランキング|ニュース)(?:一覧)?|(?:おすすめ|オススメ)(?:の)?(?:記事|ニュース)?",
    r"あわせて読みたい.{0,10}|合わせて読みたい.{0,10}|(?:アクセス|記事)?ランキング|こちらの記事も.*|新着(?:記事|ニュース)|ピックアップ",
    r"注目(?:記事|ニュース|の記事)|この記事を(?:読んだ|見た)人は.*|他の記事",
    r"(?:관련|최신|최근|인기|추천|많이 본|주요|다른) ?(?:기사|뉴스|글|포스트|콘텐츠|게시물)(?: ?더 ?보기)?|이 ?시각 ?(?:주요|인기) ?뉴스",
    r"많이 본 뉴스|相关(?:阅读|新闻|文章|推荐|报道|链接)|相關(?:閱讀|新聞|文章|報導)|(?:热门|熱門|最新|推荐|推薦)(?:文章|新闻|新聞|阅读|閱讀)|猜你喜欢",
    r"延伸(?:阅读|閱讀)|你可能(?:也|还|還)?(?:喜欢|喜歡|感兴趣|感興趣).*|为您推荐|更多(?:新闻|新聞|文章|推荐)",
)

# A whole line that heads the readers' comments or a form. The article ends before it.
COMMENTS = _alternatives(
    # English
    r"(?:\d+ )?comments?(?: \(?\d+\)?)?",
    r"(?:leave|post|add|write) a (?:reply|comment|response)(?: .{0,30})?",
    r"join the (?:conversation|discussion).*|(?:\d+ )?(?:replies|responses)(?: to .*)?",
    r"comments (?:are )?(?:closed|off|disabled).*|no comments?(?: yet)?|be the first to comment.*",
    r"view (?:all )?comments.*|(?:reader )?comments policy",
    r"(?:your )?e-?mail address will not be published.*|cancel reply|what do you think\??",
    r"(?:tell us )?what (?:do )?you think.{0,10}|have your say.*|discussion|facebook comments",
    r"disqus.*",
    # Urdu, Arabic, Persian
    r"تبصرے?|(?:اپنا )?تبصرہ (?:کریں|لکھیں|بھیجیں|چھوڑیں)|(?:کوئی )?تبصر[ہے] نہیں|جواب دیں",
    r"آپ کا ای میل ایڈریس شائع نہیں کیا جائے گا.*|(?:ال)?تعليقات?",
    r"(?:اترك|أضف|اكتب|اضف) (?:تعليق[اً]*|ردا[ً]?|رد)(?: .{0,30})?|شارك برأيك|لا توجد تعليقات",
    r"لن يتم نشر عنوان بريدك.*|دیدگاه.{0,20}|نظرات",
    # Hindi
    r"टिप्पणी|टिप्पणियाँ|टिप्पणियां|कमेंट(?:्स)?",
    r"(?:अपनी )?(?:टिप्पणी|प्रतिक्रिया|कमेंट) (?:दें|करें|लिखें|छोड़ें).{0,20}|एक उत्तर छोड़ें",
    r"जवाब दें.{0,20}",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"(?:\d+ )?comentarios?|deja (?:un|tu|una) (?:comentario|respuesta).*",
    r"(?:d[eé]janos|escribe|a[ñn]adir) (?:un|tu) comentario.*",
    r"tu direcci[oó]n de correo electr[oó]nico no ser[aá] publicada.*|coment[aá]rios?",
    r"deixe (?:um|uma|seu|o seu) (?:coment[aá]rio|resposta).*|commenti",
    r"lascia un (?:commento|risposta).*|(?:\d+ )?commentaires?",
    r"(?:laisser|[eé]crire|ajouter|poster) un commentaire.*|laissez (?:un|votre) commentaire.*",
    r"votre adresse e-?mail ne sera pas publi[eé]e.*|r[eé]agir(?: à cet article)?",
    r"donnez votre avis|(?:\d+ )?kommentare?(?: \(?\d+\)?)?",
    r"(?:einen )?kommentar (?:schreiben|verfassen|hinterlassen).*|schreibe? einen kommentar.*",
    r"hinterlasse? (?:einen|eine) (?:kommentar|antwort).*",
    r"deine e-mail-adresse wird nicht veröffentlicht.*|diskutieren sie mit.*|diskussion",
    r"(?:geef een )?reacties?|plaats een reactie",
    # Japanese, Korean, Chinese
    r"コメント(?:一覧|欄|する|を残す|を書く|を投稿|\(\d+\)|（\d+）)?|メールアドレスが公開されることはありません.*|コメントは.{0,12}(?:受け付け|閉じ).*",
    r"댓글(?: ?\d+개?| ?쓰기| ?달기| ?남기기)?|评论|評論|(?:发表|發表)(?:评论|評論|回复|回覆).*|(?:网友|全部|最新)评论|留言(?:板)?",
    r"您的电子(?:邮箱|邮件).*",
)

# The start of a line that asks the reader to subscribe, follow, donate or download. `ASKS` must match too.
PROMPT = _alternatives(
    # English
    r"(?:please )?(?:subscribe|sign up|sign-up|join|get|receive|follow|like|download|click(?: here)?|tap(?: here)?|register|enjoy(?:ed|ing)?|if you (?:enjoyed|liked|like|found|want|have)|like (?:this|what you)|want (?:more|to)|never miss|don['’]?t miss|stay (?:up to date|updated|informed|tuned|connected|ahead)|support|donate|become|help us|share|tell us|let us know|you can (?:also )?(?:follow|find|reach|contact|subscribe)|for (?:more|the latest|all the latest|live|breaking|daily)|connect with|keep up|visit our|check out our|buy|enter your|thank(?:s| you) for|start your|this (?:article|story|post) (?:first|originally)|there['’]?s (?:plenty )?more|got a (?:tip|story)|do you have|have (?:a|you got) (?:a )?(?:tip|story)|send (?:us|your)|email us|contact us|write to us)\b",
    # Urdu, Arabic, Persian
    r"(?:ہمارے?|ہماری|ہمیں|مزید|تازہ ترین|سبسکرائب|واٹس ?ایپ)",
    r"(?:اشترك|تابع(?:نا|ونا|وا)?|انضم|حم[ّ]?ل|للاشتراك|احصل|سجل)",
    # Hindi
    r"(?:हमारे|हमें|हमारी|ताज़ा|ताजा|सब्सक्राइब|देश और दुनिया|लेटेस्ट|पढ़ें|फॉलो)",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"(?:suscr[ií]b[ea](?:te|se)|s[ií]gu(?:e|a)(?:nos|te)?|[uú]nete|descarga|recibe|reg[ií]strate|ap[uú]ntate|haz clic|inscreva-se|siga|receba|assine|clique|participe|iscriviti|segui(?:ci)?|ricevi|scarica|clicca)\b",
    r"(?:abonnez[- ]vous|inscrivez[- ]vous|suivez(?:[- ]nous)?|recevez|t[eé]l[eé]chargez|cliquez|rejoignez|soutenez|restez inform[eé])",
    r"(?:abonnieren sie|abonniere|folgen sie|folge|melden sie sich|melde dich|jetzt|laden sie|erhalten sie|registrieren sie|sie (?:wollen|möchten)|keine? .{2,20} verpassen|unterstützen sie|hier (?:können|geht)|newsletter|der tag(?:esüberblick)?|immer (?:informiert|auf dem laufenden))\b",
    # Japanese, Korean, Chinese
    r"(?:登録|購読|フォロー|友だち追加|最新(?:情報|ニュース)|メルマガ|公式|LINE|アプリ|無料)|(?:구독|카카오톡|네이버|텔레그램|유튜브|앱)",
    r"(?:关注|關注|订阅|訂閱|扫(?:一扫|码)|下载|下載|点击|點擊|加入)",
)

# The thing that such a line asks for.
ASKS = _alternatives(
    # English
    r"newsletters?|news letter|e-?mail (?:updates|alerts|list|newsletter|digest)|in ?box",
    r"mailing list|subscri(?:be|ption|bing)|notifications?|\bapp\b|app store|google play",
    r"google news|\bchannel\b|whats ?app|telegram|facebook|twitter|instagram|youtube|linkedin",
    r"tik ?tok|threads|bluesky|mastodon|snapchat|pinterest|podcast|\brss\b|social media|follow us",
    r"follow (?:him|her|them|me)|membership|\bmembers?\b.{0,40}(?:access|join|today)",
    r"donat(?:e|ion)|patreon|letters? to the editor|letter to the editor|click here|here to",
    r"comments? (?:below|section)|in the comments|share (?:it|this|your)|with a friend",
    r"your (?:thoughts|friends|story)|contact us|tips?@|\S+@\S+\.\w{2,}",
    # Urdu, Arabic, Persian
    r"نیوز ?لیٹر|سبسکرائب|فالو|واٹس ?ایپ|ٹیلی ?گرام|فیس ?بک|ٹوئٹر|ٹویٹر|یوٹیوب|انسٹاگرام|چینل|ایپ",
    r"النشرة|نشرتنا|واتساب|تيليجرام|تلغرام|تليجرام|فيسبوك|تويتر|يوتيوب|إنستغرام|انستقرام|قناتنا",
    r"قناة|التطبيق|تطبيق",
    # Hindi
    r"न्यूज़लेटर|न्यूजलेटर|सब्सक्राइब|फॉलो|व्हाट्सऐप|व्हाट्सएप|टेलीग्राम|फेसबुक|ट्विटर|यूट्यूब",
    r"इंस्टाग्राम|चैनल|ऐप|एप",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"bolet[ií]n|boletim|canal de|canais|redes sociales|redes sociais|notificaciones|bollettino",
    r"canale|lettre d['’]information|infolettre|r[eé]seaux sociaux|cha[iî]ne|kanal",
    r"benachrichtigung|abonn(?:ement|ieren|ez)",
    # Japanese, Korean, Chinese
    r"メルマガ|ニュースレター|メールマガジン|フォロー|チャンネル|アプリ|ダウンロード|友だち|ツイッター|フェイスブック|インスタグラム|뉴스레터|채널|카카오|텔레그램|구독|微信",
    r"公众号|公眾號|微博|客户端|頻道|频道|臉書|二维码|应用|訂閱|订阅",
)

# A notice about cookies or scripts.
CONSENT = _alternatives(
    # English
    r"we (?:value|care about|respect) your privacy|we(?: and our (?:\w+ )?partners)?\b.{0,80}\bcookies\b.*",
    r"by (?:subscribing|signing up|registering|submitting|entering).{0,120}(?:privacy|terms|newsletter|e-?mails?).*",
    r"(?:this|our) (?:web ?)?site uses? (?:\w+ )?cookies.*",
    r"(?:we|we and our partners|by .{5,60}, you (?:agree|consent).{0,40}) (?:may )?(?:use|uses|store|stores)? ?(?:\w+ )?cookies.*",
    r"by (?:continuing|using|browsing|clicking|visiting).{0,80}(?:cookies|privacy policy|terms).*",
    r"(?:please )?(?:enable|turn on) java ?script.*|your browser (?:does not|doesn['’]t) support.*",
    r".{0,60}\bcookies? (?:policy|settings|preferences|consent|notice)\b.{0,80}|cookies?",
    r"this site is protected by recaptcha.*",
    # Urdu, Arabic, Persian
    r".{0,40}(?:کوکیز|ملفات تعريف الارتباط|الكوكيز|कुकीज़?|कुकी).{0,160}",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"(?:est[ea]|nuestr[oa]|nosso|este) (?:sitio|p[aá]gina|web|site|portal).{0,30}(?:utiliza|usa|utilizan?) .{0,20}cookies.*",
    r"(?:utilizamos|usamos|utilizziamo|questo sito (?:utilizza|usa)|nous utilisons|ce site (?:web )?(?:utilise|internet utilise)|en poursuivant votre navigation|diese (?:web)?(?:site|seite) (?:verwendet|nutzt|benutzt)|wir (?:verwenden|nutzen|setzen)|deze (?:web)?site (?:gebruikt|maakt gebruik)).{0,40}cookies?.*",
    # Japanese, Korean, Chinese
    r".{0,30}(?:クッキー|Cookie).{0,10}(?:を使用|を利用|の使用|について|ポリシー).*|.{0,20}쿠키.{0,20}(?:사용|정책).*",
    r".{0,20}(?:使用|採用)\s?(?:cookies?|曲奇).*",
)

# The start of a note about an earlier version of the article.
CORRECTION = _alternatives(
    # English
    r"(?:corrections?|clarification|editor['’]?s['’]? note|update(?:d)?|note to readers?)(?: \([^)]{1,60}\)| .{0,40}?)?\s*[:：—–]|(?:an|the) (?:earlier|previous|original) version of this (?:article|story|post|report)\b|this (?:article|story|post|report) (?:has been|was) (?:corrected|updated|amended)",
    # Urdu, Arabic, Persian
    r"(?:تصحیح|وضاحت|ایڈیٹر کا نوٹ|اپ ?ڈیٹ|تصحيح|تنويه|توضيح|تحديث|ملاحظة(?: المحرر)?)\s*[:：—–]|.{0,40}(?:(?:پہلے|سابقہ|گزشتہ) (?:ورژن|نسخے)|(?:نسخة|صيغة) (?:سابقة|أولى)|النسخة السابقة)",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"(?:correcci[oó]n|rectificaci[oó]n|aclaraci[oó]n|fe de erratas|nota (?:del editor|de la redacci[oó]n)|actualizaci[oó]n|errata|rectificatif|erratum|mise à jour|note de la r[ée]daction|ndlr|korrektur|berichtigung|richtigstellung|anmerkung der redaktion|anm\. d\. red\.|aktualisierung|hinweis der redaktion)(?: .{0,40}?)?\s*[:：—–]",
    r"(?:una versi[oó]n (?:anterior|previa) de|(?:in )?einer? (?:früheren?|vorherigen?) (?:version|fassung)|une (?:première )?version (?:précédente|antérieure)|cet article a été (?:corrigé|modifié)|este (?:art[ií]culo|texto) (?:ha sido|fue) (?:corregid|actualizad))",
    # Japanese, Korean, Chinese
    r"[【（(\[]?(?:お詫びと)?(?:訂正|お詫び|追記|更新|編集部注|編注|정정|알립니다|更正)(?:のお知らせ)?[】）)\]:：]|.{0,30}(?:以前の(?:版|バージョン|記事)|当初の記事)",
)

# A copyright or reprint notice.
RIGHTS = _alternatives(
    # English
    r"(?:©|\(c\)|ⓒ|copyright\b|&copy;).*|.{0,120}\ball rights? reserved\b.{0,120}",
    r".{0,80}(?:do not|may not be|can ?not be|without (?:prior |written )).{0,20}(?:reproduc|republish|redistribut|rewritten|broadcast).{0,160}",
    r"powered by .{2,40}|designed by .{2,40}",
    # Urdu, Arabic, Persian
    r".{0,60}(?:جملہ حقوق|تمام حقوق|جميع الحقوق محفوظة|حقوق النشر|كل الحقوق محفوظة|सर्वाधिकार सुरक्षित|कॉपीराइट).{0,80}",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r".{0,80}(?:todos los derechos reservados|prohibida (?:su|la) reproducci[oó]n|todos os direitos reservados|tutti i diritti riservati|riproduzione riservata|tous droits r[eé]serv[eé]s|reproduction interdite|alle rechte vorbehalten|alle rechten voorbehouden).{0,120}",
    # Japanese, Korean, Chinese
    r".{0,60}(?:無断(?:転載|複製|引用)|禁無断|著作権|무단 ?(?:전재|복제|배포)|저작권자|版权所有|版權所有|未经.{0,10}(?:许可|授权)|转载请注明).{0,100}",
)

# A line that stands alone and credits a picture or a film.
CREDIT = _alternatives(
    # English
    r"\(?(?:(?:cover |featured? |lead |main |top |header |stock )?(?:photo(?:graph)?s?|images?|pictures?|pics?|video|illustration|graphic|screenshot)(?: (?:credits?|courtesy|source|by|via|from|of))?|photo ?credits?|credits?|image ?credits?|photo ?courtesy|courtesy|file photo|representational (?:image|photo)|screengrab|getty images|(?:ap|afp|reuters) photo|caption)\s*(?:[:：|/©—–]|(?:by|via|courtesy(?: of)?|from)\s).{0,120}",
    r".{0,60}(?:[/|(©]\s?(?:getty(?: images)?|afp|ap|ap photo|reuters|epa|shutterstock|istock|unsplash|wikimedia commons|dpa|picture alliance|imago|file photo|ani|pti|xinhua|afp/getty)\)?)(?:/.{0,40})?",
    # Urdu, Arabic, Persian
    r"\(?(?:تصویر|فوٹو|صورة|الصورة|تصوير|तस्वीर|फोटो|फ़ोटो|चित्र|foto(?:graf[ií]a|s)?|fuente|imagen|imagem|immagine|cr[eé]ditos?|cr[eé]dit(?: photo)?|photo|illustration|bild(?:quelle|rechte|nachweis)?|quelle|写真|画像|画像提供|写真提供|撮影|提供|出典|사진|자료사진|图片?来源|圖片?來源|图源?|摄影)(?: (?:de|di|credit|credits))?\s*(?:[:：=/©].{0,100}|提供.{0,30})",
)

# A line that names further contributors, the time of an update or the first place of publication.
SIGN_OFF = _alternatives(
    # English
    r"\(?\[?(?:additional |with |further )?(?:report(?:ing|ed)|writing|edit(?:ing|ed)|written|compiled|translated|produced|edited and) (?:and \w+ )?(?:by|from)\b.{2,260}",
    r"\(?with (?:input|inputs|agency inputs|reporting|files|additional reporting|assistance)\b.{0,120}",
    r".{2,260}\bcontribut(?:ed|ing) (?:to this|to the|reporting|for this|with)\b.{0,80}",
    r"\(?(?:this (?:story|article|report|post|piece|content)|the (?:post|article|story)) .{0,160}(?:first |originally )?(?:appeared|published|posted|syndicated|auto-?generated|updated|not been edited|produced|corrected)\b.{0,200}",
    r"\(?(?:first |last |originally |article )?(?:published|updated|posted|modified|created|date)(?: ?(?::|on|at|in|in:|-|by)).{0,80}",
    r"\(?updated? .{0,60}\d.{0,30}|source ?[:：].{1,120}|via ?[:：].{1,80}",
    r"(?:tags?|tagged|filed under|topics?|keywords|categories|posted in|labels|category)(?: ?[:：]| as | under | in | with ).{1,200}",
    r"filed to.{1,100}",
    r"\(?(?:ends?|end of (?:article|story)|more to follow|this is a developing story.*|###?|-30-|\*\*\*+)\)?",
    r"editor['’]?s note ?[:：].*|disclaimer ?[:：].*|disclosure ?[:：].*",
    # Urdu, Arabic, Persian
    r"(?:ماخذ|ذریعہ|بشکریہ|ٹیگز?|رپورٹ|تاریخ اشاعت|المصدر|مصدر|الوسوم|وسوم|كلمات مفتاحية|الكلمات الدلالية|تحرير|स्रोत|टैग्स?|सोर्स|इनपुट) ?[:：].{1,160}",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"(?:fuente|con informaci[oó]n de|etiquetas|archivado en|temas|actualizado|publicado|redacci[oó]n|edici[oó]n de|fonte|tags|atualizado|fonti|aggiornato|source|avec|mots[- ]cl[eé]s|publi[eé]|mis à jour|[eé]tiquettes|quellen?|schlagw[oö]rter|stichworte|ver[oö]ffentlicht|aktualisiert|mit material|stand|tags) ?(?:[:：]|\ble\b|\bam\b|\bel\b|\bvon\b|\bde\b).{1,160}",
    # Japanese, Korean, Chinese
    r"(?:出典|引用元|情報源|ソース|タグ|キーワード|カテゴリ[ーー]?|カテゴリー|更新|公開|掲載|執筆|編集|取材・文|文|構成|기사 ?입력|입력|수정|등록|출처|태그|来源|來源|标签|標籤|关键词|责任编辑|責任編輯|编辑|編輯|作者|记者|記者) ?[:：／/].{1,120}",
    r"[（(【]?(?:.{0,20}(?:編集部|取材班|記者|特派員|기자|記者|记者))[)）】]?",
)

# The occupations that a note about an author names.
ROLES = _alternatives(
    # English
    r"journalist|reporter|correspondent|columnist",
    r"(?:sub-?|senior |managing |associate |staff |news )?editor",
    r"(?:staff |freelance |content |senior )?writer|contributor|freelancer?|intern|author|blogger",
    r"anchor|broadcaster|producer|photographer|storyteller|journalism|bylines?|newsroom",
    r"has (?:written|reported|covered|worked)|writes? (?:about|on|for|to)|covers|based in",
    r"years of experience|graduate(?:d)?",
    # Urdu, Arabic, Persian
    r"صحافی|نامہ نگار|کالم نگار|رپورٹر|ایڈیٹر|مصنف|مصنفہ|لکھاری|صحفي|صحافي|صحفية|كاتب|كاتبة|محرر",
    r"محررة|مراسل|مراسلة",
    # Hindi
    r"पत्रकार|संवाददाता|संपादक|लेखक|लेखिका|रिपोर्टर|पत्रकारिता",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"periodista|reporter[oa]|redactora?|corresponsal|columnista|escritora?|jornalista|rep[oó]rter",
    r"redatora?|giornalista|redattore|redattrice|periodismo|jornalismo|journalisme",
    r"r[eé]dact(?:eur|rice)|correspondante?|chroniqueu(?:r|se)|autrice|auteur|journalist(?:in)?",
    r"redakteur(?:in)?|redaktion|korrespondent(?:in)?|autorin?|volont[aä]r(?:in)?|schreibt",
    # Japanese, Korean, Chinese
    r"ライター|記者|編集者|ジャーナリスト|編集部|フリーライター|著者|執筆|기자|작가|에디터|编辑|編輯|记者|作者|撰稿",
)

# An author who writes in the first person. Case matters here.
FIRST_PERSON = _alternatives(
    # English
    r"\bI\b(?! ?\.)|\bI['’]m\b|\bmy\b|\bsoy\b|\bmi\b|\bich\b|\bmein[e]?\b|\bje\b|\bmon\b",
    # Urdu, Arabic, Persian
    r"میں نے|میرا|میری",
    # Hindi
    r"मैं|मेरा|मेरी",
    # Japanese, Korean, Chinese
    r"私|我(?:是|们)?",
)

# Words such as "our" or "here". They distinguish a prompt in the middle of a text from an ordinary sentence.
OURS = _alternatives(
    # English
    r"\b(?:our|us|here|now|my|below|free|daily)\b|\bnuestr[oa]s?\b|\bnoss[oa]s?\b|aqu[ií]\b",
    r"\bnos\b|\bnostr[oaei]\b|\bqui\b|\bnotre\b|\bici\b|gratuit|\bunser(?:e|en|em)?\b|\buns\b",
    r"kostenlos|\bhier\b",
    # Urdu, Arabic, Persian
    r"ہمارے|ہماری|ہمیں|نا\b|قناتنا|نشرتنا",
    # Hindi
    r"हमारे|हमारी|हमें",
    # Japanese, Korean, Chinese
    r"当社|こちら|無料|公式|우리|저희|我们|我們|本站|点击|點擊",
)

# A whole line that names the author.
BYLINE = _alternatives(
    # English
    r"(?:by|von|par|por|di|door|af|av|written by|posted by|story by|text by|reported by|published by|author|about the author|the author|about)\s*:? \w.{1,60}",
    r"(?:about|posted by|written by) (?:the )?(?:author|writer)s?",
    # Urdu, Arabic, Persian
    r"(?:(?:web|news|sports|business|entertainment|city|national|foreign) desk|staff (?:report|reporter|writer|correspondent)|our (?:staff )?(?:reporter|correspondent)|desk report|ویب ڈیسک|نیوز ڈیسک|مانیٹرنگ ڈیسک|نمائندہ خصوصی|(?:वेब|न्यूज़|न्यूज) डेस्क|redacci[oó]n|la r[eé]daction|redaktion)(?: .{0,30})?",
    r"(?:تحریر|از|بقلم|كتب|كتبت|کتبه|लेखक|द्वारा|written by|autor[ea]?|auteur|autorin|著者|文|執筆者?|取材・文|ライター|記者|기자|작성자|作者|撰文|记者)\s*[:：=＝|／]?\s*\S.{0,50}",
    r"عن الكاتب|مصنف کے بارے میں",
    # Hindi
    r"लेखक के बारे में",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"sobre el autor|acerca del autor|sobre o autor|à propos de l['’]auteur",
    r"über (?:den autor|die autorin)|zur person",
    # Japanese, Korean, Chinese
    r"この記事を書いた人|この記事の著者|関連する著者",
)

# The start of a sentence that introduces a person: a name and what the person is.
BIO = _alternatives(
    # English
    r"(?:[^\W\d_]+[.\-’']? ){1,4}(?:is (?:an?|the)|was (?:an?|the) .{0,40}(?:intern|fellow)|covers|writes|reports|has been|joined|works|es (?:una?|el|la)|é (?:uma?|o|a)|è (?:una?|il|la)|est (?:une?|la|le)|ist (?:eine?|der|die|freie[r]?)|schreibt|arbeitet)\b",
    # Urdu, Arabic, Persian
    r".{2,30}(?:ایک|हैं|है|صحافی|صحفي|صحفية|كاتب|كاتبة|पत्रकार).{2,200}",
    # Japanese, Korean, Chinese
    r".{2,20}(?:は|。|）).{0,60}(?:ライター|記者|編集者|ジャーナリスト)",
)

# The end of a teaser, which asks the reader to read on elsewhere.
CONTINUE = _alternatives(
    # English
    r"(?:read|see|view|find out|learn) (?:more|on|the (?:full|rest|whole).{0,20}|full (?:article|story|post))",
    r"continue reading.{0,80}|keep reading|full story|more",
    # Urdu, Arabic, Persian
    r"مزید پڑھیں|مزید پڑھیے|اقرأ المزيد|قراءة المزيد|تابع القراءة|ادامه مطلب",
    # Hindi
    r"और पढ़ें|आगे पढ़ें|पूरी खबर पढ़ें",
    # Spanish, Portuguese, Italian, French, German, Dutch
    r"leer m[aá]s|seguir leyendo|sigue leyendo|leia mais|continue lendo|leggi tutto",
    r"continua a leggere|lire la suite|lire plus|en savoir plus|weiterlesen|mehr lesen",
    r"lees (?:meer|verder)",
    # Japanese, Korean, Chinese
    r"続きを読む|続きはこちら|もっと読む|더 ?보기|阅读更多|閱讀更多|阅读全文|閱讀全文|查看全文",
)

# The names that a row of share buttons consists of.
NETWORKS = _alternatives(
    r"facebook|twitter|x|whats ?app|linked ?in|reddit|pinterest|telegram|messenger|tumblr|e-?mail",
    r"print|copy(?: link)?|share|tweet|pocket|flipboard|line|viber|instagram|youtube|tik ?tok",
    r"threads|bluesky|mastodon|snapchat|google\+?|plus|on|via|to|0|and|hatena",
    r"فیس بک|ٹوئٹر|واٹس ایپ|فيسبوك|تويتر|واتساب|फेसबुक|ट्विटर|व्हाट्सएप|はてなブックマーク|はてブ|微博|微信",
)
