"""Made-up articles in five languages, and the furniture that sites put around and inside such."""

# ruff: noqa: E501  a paragraph is one line

from dataclasses import dataclass

__all__ = ["TEXTS", "Text"]


@dataclass(frozen=True)
class Text:
    """An article of the made-up site, and what is no part of it. ``scores`` are rows, all else is lines."""

    language: str
    title: str
    body: tuple[str, ...]
    author: str
    update: str
    reprint: str
    promo: str
    sign_up: str
    thanks: str
    rules: str
    archive: str
    agency: str
    minutes: str
    caption: str
    credit: str
    related: str
    other: str
    more: str
    share: str
    bio: str
    follow: str
    scores: tuple[tuple[str, ...], ...]
    post: str
    quoted: str  # words of the body, as a pull quote repeats them
    stamp: str
    cookies: str
    disclaimer: str
    tip: str
    affiliate: str
    event: str
    job: str


TEXTS = (
    Text(
        "en",
        "Ferry to the islands gets a second deck",
        (
            "The ferry to the outer islands gets a second deck next summer, the harbour board decided on Tuesday, after years in which cars had to wait for the next boat.",
            "“People slept in their cars at the quay, and that can't go on,” said Ines Morgan, who chairs the board, after a vote of seven to two.",
            "The deck is built at the yard in Selby, costs 4.2 million and takes the boat out of service from January to the end of May.",
            "Until then an older ship stands in, which carries 40 cars fewer and needs twenty minutes more for the crossing to the main island.",
            "Farmers on the islands fear for their milk, which has to be at the dairy by noon, and ask for a boat of their own in the early morning.",
            "The board will answer them in two weeks, when it meets again on the island of Hale.",
        ),
        author="Tom Whitlock",
        update="Updated at 4:15 p.m.: This story has been changed to add the board's vote.",
        reprint="This article first appeared in the Selby Messenger and is printed here with permission.",
        promo="Readers save 20% on a subscription with code FERRY20 until Sunday.",
        sign_up="Get the morning briefing in your inbox every day.",
        thanks="Thanks for signing up!",
        rules="Comments are open to subscribers. Please keep it civil and stay on topic.",
        archive="142 articles published",
        agency="Coast News Agency",
        minutes="4 min read",
        caption="The ferry at the quay in Selby last week.",
        credit="Photo: Dana Reyes/CNA",
        related="Related:",
        other="Lighthouse keeper retires after forty years",
        more="Read more about the islands",
        share="Share this story",
        bio="Tom Whitlock covers ports and shipping. Reach him at tom@coastpost.example.",
        follow="Follow us on Facebook and Instagram",
        scores=(("Team", "Won", "Lost"), ("Selby", "7", "2"), ("Hale", "4", "5")),
        post="So happy about the second deck, finally no more nights at the quay! pic.example/x1",
        quoted="People slept in their cars at the quay, and that can't go on",
        stamp="14:32",
        cookies="We and our partners use cookies to improve your experience.",
        disclaimer="The views expressed here are the author's own and do not reflect those of the newspaper.",
        tip="Have a tip? Write to our newsroom at tips@coastpost.example.",
        affiliate="We may earn a commission if you buy through links on this page.",
        event="Open day at the yard: Saturday 10 a.m., Dock Street 4, free entry",
        job="We are hiring: reporter (f/m/x) for the coast desk, full time",
    ),
    Text(
        "es",
        "El ferry a las islas tendrá una segunda cubierta",
        (
            "El ferry a las islas exteriores tendrá una segunda cubierta el próximo verano, decidió el martes la junta del puerto, tras años en que los coches esperaban al barco siguiente.",
            "«La gente dormía en el coche en el muelle, y eso no puede seguir así», dijo Inés Morgan, que preside la junta, tras una votación de siete a dos.",
            "La cubierta se construye en el astillero de Selva, cuesta 4,2 millones y deja el barco fuera de servicio de enero a finales de mayo.",
            "Hasta entonces lo sustituye un barco más viejo, que lleva 40 coches menos y tarda veinte minutos más en cruzar a la isla principal.",
            "Los ganaderos de las islas temen por su leche, que debe estar en la lechería antes del mediodía, y piden un barco propio por la mañana.",
            "La junta les responderá dentro de dos semanas, cuando se reúna de nuevo en la isla de Hala.",
        ),
        author="Tomás Blanco",
        update="Actualizado a las 16:15: se añade a esta noticia el resultado de la votación.",
        reprint="Este artículo se publicó primero en El Mensajero de Selva y se reproduce con su permiso.",
        promo="Ahorra un 20 % en tu suscripción con el código FERRY20 hasta el domingo.",
        sign_up="Recibe cada mañana las noticias del día en tu correo.",
        thanks="¡Gracias por suscribirte!",
        rules="Los comentarios están abiertos a los suscriptores. Respeta a los demás y no te salgas del tema.",
        archive="142 artículos publicados",
        agency="Agencia Costa",
        minutes="4 min de lectura",
        caption="El ferry en el muelle de Selva la semana pasada.",
        credit="Foto: Dana Reyes/AC",
        related="Noticias relacionadas:",
        other="El farero se jubila después de cuarenta años",
        more="Más información sobre las islas",
        share="Comparte esta noticia",
        bio="Tomás Blanco escribe sobre puertos y navegación. Su correo es tomas@costa.example.",
        follow="Síguenos en Facebook e Instagram",
        scores=(("Equipo", "Ganados", "Perdidos"), ("Selva", "7", "2"), ("Hala", "4", "5")),
        post="¡Qué alegría la segunda cubierta, por fin no más noches en el muelle! pic.example/x1",
        quoted="La gente dormía en el coche en el muelle, y eso no puede seguir así",
        stamp="14:32",
        cookies="Nosotros y nuestros socios utilizamos cookies para mejorar su experiencia.",
        disclaimer="Las opiniones expresadas son del autor y no reflejan las del periódico.",
        tip="¿Tienes una pista? Escribe a nuestra redacción: pistas@costa.example.",
        affiliate="Podemos recibir una comisión si compras por los enlaces de esta página.",
        event="Puertas abiertas en el astillero: sábado a las 10, calle del Dique 4, entrada libre",
        job="Buscamos redactor o redactora para la sección de costa, jornada completa",
    ),
    Text(
        "ur",
        "جزیروں کی کشتی پر دوسری منزل بنے گی",
        (
            "بیرونی جزیروں کو جانے والی کشتی پر اگلی گرمیوں میں دوسری منزل بنے گی، بندرگاہ کے بورڈ نے منگل کو فیصلہ کیا، کیونکہ برسوں سے گاڑیوں کو اگلی کشتی کا انتظار کرنا پڑتا تھا۔",
            "بورڈ کی سربراہ انیس مرزا نے سات اور دو ووٹوں کے فیصلے کے بعد کہا کہ لوگ گھاٹ پر اپنی گاڑیوں میں سوتے تھے اور یہ مزید نہیں چل سکتا۔",
            "منزل سیلبی کے کارخانے میں بنے گی، اس پر بیالیس لاکھ خرچ ہوں گے اور کشتی جنوری سے مئی کے آخر تک بند رہے گی۔",
            "اس وقت تک ایک پرانا جہاز چلے گا جس میں چالیس گاڑیاں کم آتی ہیں اور جسے بڑے جزیرے تک بیس منٹ زیادہ لگتے ہیں۔",
            "جزیروں کے کسانوں کو اپنے دودھ کی فکر ہے جسے دوپہر سے پہلے ڈیری پہنچنا ہوتا ہے، اور وہ صبح سویرے اپنی کشتی مانگتے ہیں۔",
            "بورڈ دو ہفتوں بعد انہیں جواب دے گا جب اس کا اگلا اجلاس ہیل کے جزیرے پر ہو گا۔",
        ),
        author="طارق ولی",
        update="اپ ڈیٹ: اس خبر میں بورڈ کے ووٹ کا نتیجہ شامل کیا گیا ہے۔",
        reprint="یہ مضمون پہلے سیلبی میسنجر میں شائع ہوا اور اجازت سے یہاں پیش کیا جا رہا ہے۔",
        promo="قارئین کوڈ FERRY20 سے اتوار تک خریداری پر بیس فیصد بچا سکتے ہیں۔",
        sign_up="ہر صبح کی خبریں اپنی ای میل پر حاصل کریں۔",
        thanks="سبسکرائب کرنے کا شکریہ!",
        rules="تبصرے صرف خریداروں کے لیے کھلے ہیں۔ براہ کرم شائستہ رہیں اور موضوع پر بات کریں۔",
        archive="142 مضامین شائع ہوئے",
        agency="ساحل نیوز ایجنسی",
        minutes="4 منٹ میں پڑھیں",
        caption="گزشتہ ہفتے سیلبی کے گھاٹ پر کشتی۔",
        credit="تصویر: دانیہ رئیس",
        related="متعلقہ خبریں:",
        other="چالیس سال بعد مینار کے نگہبان ریٹائر ہو گئے",
        more="جزیروں کے بارے میں مزید پڑھیں",
        share="یہ خبر شیئر کریں",
        bio="طارق ولی بندرگاہوں کی خبریں دینے والے صحافی ہیں۔ رابطہ: tariq@coast.example",
        follow="ہمیں فیس بک اور انسٹاگرام پر فالو کریں",
        scores=(("ٹیم", "جیت", "ہار"), ("سیلبی", "7", "2"), ("ہیل", "4", "5")),
        post="دوسری منزل کی بہت خوشی ہے، اب گھاٹ پر راتیں نہیں گزارنی پڑیں گی! pic.example/x1",
        quoted="لوگ گھاٹ پر اپنی گاڑیوں میں سوتے تھے اور یہ مزید نہیں چل سکتا",
        stamp="14:32",
        cookies="ہم اور ہمارے شراکت دار آپ کا تجربہ بہتر بنانے کے لیے کوکیز استعمال کرتے ہیں۔",
        disclaimer="یہاں ظاہر کی گئی آرا مصنف کی اپنی ہیں اور اخبار کا ان سے متفق ہونا ضروری نہیں۔",
        tip="کوئی خبر ہے؟ ہمارے نیوز روم کو لکھیں: tips@coast.example",
        affiliate="اس صفحے کے لنکس سے خریداری پر ہمیں کمیشن مل سکتا ہے۔",
        event="کارخانے کی سیر: ہفتہ صبح دس بجے، ڈاک سٹریٹ 4، داخلہ مفت",
        job="ہمیں ساحلی شعبے کے لیے کل وقتی رپورٹر درکار ہے",
    ),
    Text(
        "de",
        "Fähre zu den Inseln bekommt ein zweites Deck",
        (
            "Die Fähre zu den äußeren Inseln bekommt im nächsten Sommer ein zweites Deck, beschloss der Hafenrat am Dienstag, nachdem Autos jahrelang auf das nächste Schiff warten mussten.",
            "„Die Leute haben am Kai in ihren Autos geschlafen, und so geht es nicht weiter“, sagte Ines Morgen, die den Rat leitet, nach der Abstimmung mit sieben zu zwei Stimmen.",
            "Das Deck wird auf der Werft in Selbitz gebaut, kostet 4,2 Millionen Euro und nimmt das Schiff von Januar bis Ende Mai aus dem Verkehr.",
            "Bis dahin fährt ein älteres Schiff, das 40 Autos weniger fasst und für die Überfahrt zur Hauptinsel zwanzig Minuten länger braucht.",
            "Die Bauern auf den Inseln fürchten um ihre Milch, die bis Mittag in der Molkerei sein muss, und verlangen ein eigenes Schiff am frühen Morgen.",
            "Der Rat will ihnen in zwei Wochen antworten, wenn er das nächste Mal auf der Insel Hale tagt.",
        ),
        author="Thomas Weiß",
        update="Update von 16:15 Uhr: Das Ergebnis der Abstimmung wurde ergänzt.",
        reprint="Dieser Artikel erschien zuerst im Selbitzer Boten und wird hier mit dessen Erlaubnis gedruckt.",
        promo="Mit dem Code FERRY20 sparen Leser bis Sonntag 20 % beim Abo.",
        sign_up="Die Nachrichten des Tages jeden Morgen in Ihr Postfach.",
        thanks="Danke für Ihre Anmeldung!",
        rules="Kommentieren dürfen nur Abonnenten. Bitte bleiben Sie freundlich und beim Thema.",
        archive="142 Artikel veröffentlicht",
        agency="Küsten-Agentur",
        minutes="4 Min. Lesezeit",
        caption="Die Fähre am Kai in Selbitz in der vergangenen Woche.",
        credit="Foto: Dana Reyes/KA",
        related="Mehr zum Thema:",
        other="Leuchtturmwärter geht nach vierzig Jahren in den Ruhestand",
        more="Lesen Sie mehr über die Inseln",
        share="Artikel teilen",
        bio="Thomas Weiß schreibt über Häfen und Schifffahrt. Sie erreichen ihn unter thomas@kueste.example.",
        follow="Folgen Sie uns auf Facebook und Instagram",
        scores=(("Mannschaft", "Siege", "Niederlagen"), ("Selbitz", "7", "2"), ("Hale", "4", "5")),
        post="So froh über das zweite Deck, endlich keine Nächte mehr am Kai! pic.example/x1",
        quoted="Die Leute haben am Kai in ihren Autos geschlafen, und so geht es nicht weiter",
        stamp="14.32 Uhr",
        cookies="Wir und unsere Partner verwenden Cookies, um Ihr Erlebnis zu verbessern.",
        disclaimer="Die hier geäußerten Ansichten sind die des Autors und nicht unbedingt die der Zeitung.",
        tip="Haben Sie einen Hinweis? Schreiben Sie unserer Redaktion: tipp@kueste.example.",
        affiliate="Wir erhalten eventuell eine Provision, wenn Sie über Links auf dieser Seite kaufen.",
        event="Tag der offenen Tür in der Werft: Samstag, 10 Uhr, Dockstraße 4, Eintritt frei",
        job="Wir suchen: Redakteur (w/m/d) für die Küstenredaktion, Vollzeit",
    ),
    Text(
        "ja",
        "離島行きフェリーに二層目のデッキ、来夏に",
        (
            "離島へ向かうフェリーに来年の夏、二層目のデッキが設けられる。港湾委員会が火曜日に決めた。これまで車は何年も次の便を待たされてきた。",
            "「岸壁で車の中に泊まる人もいた。このままではいけない」。委員長の森本いね氏は七対二の採決の後にこう語った。",
            "デッキは瀬良の造船所で造られ、費用は四億二千万円。船は一月から五月末まで運航を休む。",
            "その間は古い船が代わりを務める。積める車は四十台少なく、本島までの所要時間は二十分長くなる。",
            "島の酪農家は、正午までに工場へ届ける必要がある牛乳を心配し、早朝に専用の便を出すよう求めている。",
            "委員会は二週間後に羽根島で開く次の会合で、この要望に答える予定だ。",
        ),
        author="中田俊",
        update="【更新】午後四時十五分、採決の結果を追記しました。",
        reprint="この記事は瀬良新報に最初に掲載されたもので、許可を得て転載しています。",
        promo="日曜日までコード FERRY20 で購読料が二割引きになります。",
        sign_up="毎朝のニュースをメールでお届けします。",
        thanks="ご登録ありがとうございます。",
        rules="コメントは会員のみ投稿できます。話題に沿った投稿をお願いします。",
        archive="142件の記事",
        agency="沿岸通信社",
        minutes="読了時間 4分",
        caption="先週、瀬良の岸壁に停泊するフェリー。",
        credit="写真＝玲須田奈",
        related="関連記事：",
        other="灯台守が四十年の勤めを終える",
        more="離島についてもっと読む",
        share="この記事をシェア",
        bio="中田俊は港と海運を担当する記者。連絡先は toshi@engan.example。",
        follow="フェイスブックとインスタグラムでフォロー",
        scores=(("チーム", "勝", "敗"), ("瀬良", "7", "2"), ("羽根", "4", "5")),
        post="二層目のデッキが本当にうれしい。もう岸壁で夜を明かさなくていい！ pic.example/x1",
        quoted="岸壁で車の中に泊まる人もいた。このままではいけない",
        stamp="14時32分",
        cookies="当社とパートナーは利便性向上のためクッキーを使用しています。",
        disclaimer="本稿は筆者個人の見解であり、本紙の見解を示すものではありません。",
        tip="情報提供はこちらへ。編集部 tips@engan.example",
        affiliate="このページのリンクから購入すると当社が手数料を受け取ることがあります。",
        event="造船所の見学会　土曜日午前十時　波止場通り四番　入場無料",
        job="沿岸担当の記者を募集しています。正社員。",
    ),
)
