// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// Advice in Hungarian.
func hungarianAdvice(_ advice: SpecialAdvice) -> String {
    switch advice {
    case .role:
        "A(z) „{needed}” jog szerepkörrel jár ({roles}), tulajdonos nem adhatja: kérje meg az üzemeltetőt, hogy tegye meg Ön helyett, "
            + "vagy kérjen tőle ilyen szerepkörű fiókot."
    case .restart:
        "Kérje újraindítással (lyceum instance resize --restart, „restart”: true), vagy állítsa le előbb."
    case .recover:
        "Amíg a lemeze megvan, előbb kiveheti a kukából (lyceum instance recover {object}, POST /v1/instances/{object}/recover)."
    case .makeOne: "Nincs mivel megtenni; ha szüksége van rá, előbb hozzon létre egyet."
    case .address: "Vesse össze a címet a /v1/openapi.yaml címeivel; egyiknek sincs perjel a végén."
    }
}

/// What is said of an `instance` that has none of some parts, in Hungarian.
func hungarianText(ofMissing part: InstancePart) -> String {
    switch part {
    case .checkpoints: "A(z) {instance} gépnek nincs ellenőrzőpontja."
    case .disks: "A(z) {instance} gépnek nincs adatlemeze."
    case .forwardedPorts: "A(z) {instance} gépnek nincs nyitott nyilvános portja."
    case .ports: "A(z) {instance} gépnek nincs hálózati csatlakozása: nincs hálózaton."
    }
}

/// The Hungarian catalogue.
func hungarianText(of code: ErrorCode) -> ErrorText {
    switch code {
    case .addressesExhausted:
        ErrorText(
            "Nincs szabad cím", "A(z) {network} hálózat mind a(z) {size} címe foglalt.",
            "Válasszon másik hálózatú sablont, vagy töröljön egy gépet, amelyre nincs szükség: a címe nemsokára felszabadul.")
    case .agentMissing:
        ErrorText(
            "A gépben nincs vendégügynök", "A(z) {instance} gép sablonja szerint a gépekben nincs vendégügynök, ezt pedig az végezné el.",
            "Jelentkezzen be, és végezze el ott, vagy készítsen gépet olyan sablonból, amelynek a gépeiben van ügynök.")
    case .agentRefused:
        ErrorText(
            "A vendégügynök nem tudta elvégezni", "A(z) {instance} gépben futó ügynök szerint nem sikerült, amire utasítottuk.",
            "Nézze meg a gépet: talán nincs meg a felhasználó, vagy betelt a lemez; azután próbálja újra.")
    case .agentSilent:
        ErrorText(
            "A vendégügynök nem válaszol", "A(z) {instance} gépben futó ügynök nem válaszolt időben.",
            "Várja meg, amíg a gép elkészül, vagy nézze meg a konzolját; azután próbálja újra.")
    case .busy:
        ErrorText(
            "Egy másik művelet dolgozik rajta", "A(z) {object} objektumot a(z) {operation} művelet tartja.",
            "Várja meg (GET /v1/operations/{operation}?wait=30) vagy szakítsa meg, azután próbálja újra.")
    case .callsUnderWay:
        ErrorText(
            "Túl sok folyamatban lévő kérés", "{limit} kérése van folyamatban, ennyi lehet egy személynek.",
            "Várja meg, míg néhány véget ér: az eseményfolyamok és a wait= kérések addig számítanak, amíg nyitva vannak.")
    case .cancelled:
        ErrorText(
            "Megszakítva", "A(z) {operation} műveletet megszakították; amit addig tett, visszavonta.",
            "Indítsa újra, ha még szükség van rá.")
    case .cancelledLate:
        ErrorText(
            "Elkésett megszakítás",
            "A(z) {operation} műveletet akkor szakították meg, amikor már nem lehetett visszavonni: elkészült, a végét nem várta meg.",
            "Nézze meg az objektumot; ami megtörtént, az ellentétes művelettel visszafordítható.")
    case .checkpointUnfit:
        ErrorText(
            "Az ellenőrzőpont memóriája nem illik a géphez", "A(z) {instance} gép nem olyan, amelyhez illene: {reason}.",
            "Változtassa meg a gépet, vagy tartsa meg és állítsa vissza csak a lemezét.")
    case .checkpointsFull:
        ErrorText(
            "Nincs több ellenőrzőpont", "A(z) {instance} {limit} ellenőrzőpontot tart meg; egy gépnek ennyi lehet.",
            "Töröljön egyet közülük: lyceum instance checkpoint list {instance}.")
    case .consoleTicketRefused:
        ErrorText(
            "A konzol nem nyílik meg", "A jegy nem érvényes: egy konzolt nyit meg, egyszer, 30 másodpercen belül, annak, aki kérte.",
            "Kérjen újat (POST /v1/instances/ID/console); a válasz megmondja, mi az akadály.")
    case .courseClosed:
        ErrorText(
            "A kurzus idején kívül", "A(z) {group} kurzusa {first} és {last} között tart ({zone}).",
            "Kérje a csoport tulajdonosát, hogy tolja el a végét, vagy terheljen másik csoportot.")
    case .denied:
        ErrorText(
            "Nem megengedett", "A(z) {object} objektumot láthatja, de a(z) „{verb}” művelethez „{needed}” jog kell.",
            "Kérje ezt a jogot az objektum tulajdonosától vagy az üzemeltetőtől.")
    case .deviceHeld:
        ErrorText(
            "A vendég még használja",
            "A(z) {instance} gép vendégrendszere nem engedte el ezt: {device}, és amíg nála van, nem vesszük el tőle.",
            "Újra meg újra megkérjük. Állítsa le a vendéget belülről, vagy kapcsolja ki: akkor elengedi.")
    case .diskFull:
        ErrorText(
            "Nincs elég hely a lemezen", "A(z) {store} tárban {needed} kellene, de csak {free} szabad.",
            "Szabadítson fel helyet, vagy kérjen többet az üzemeltetőtől.")
    case .diskGone:
        ErrorText(
            "A lemeze már nincs meg", "A(z) {object} lemezét már eltávolítottuk a kukából, vagy sosem volt.",
            "Készítsen új gépet ugyanabból a sablonból; ami a lemezen volt, elveszett.")
    case .diskMissing:
        ErrorText(
            "Hiányzik egy lemez", "A(z) {instance} {disk} lemeze nincs a tárában. Semmi sem került a helyére.",
            "Szóljon az üzemeltetőnek: lehet, hogy a tár nincs csatolva, vagy a lemez mentésből visszatehető. Az újraépítés üres lemezzel kezdi."
        )
    case .epochStale:
        ErrorText(
            "Már egy másik vezérlő dolgozik", "Ez a vezérlő a(z) {epoch}. korszakban dolgozik, amely véget ért.",
            "Küldje el újra a kérést egy pillanat múlva.")
    case .eventsGone:
        ErrorText(
            "Ezek az események nincsenek meg", "A megőrzött események száma {oldest} és {newest} közé esik; a kértek nincsenek közöttük.",
            "Olvassa be újra a listákat, és kövesse az eseményeket mostantól.")
    case .fenceStale:
        ErrorText(
            "Újabb igény is van", "A parancs kerítésszáma {fence}, de már {seen} is érkezett.",
            "Semmi sem változott. Nézze meg újra az objektumot.")
    case .guestEnded:
        ErrorText(
            "A vendég leállt", "A(z) {instance} gép vendégrendszere leállt vagy elromlott, ahelyett hogy megtette volna, amire kértük.",
            "Nézze meg a gépet: egy pillanat múlva leállított vagy hibás, és elindítható.")
    case .guestLost:
        ErrorText(
            "A vendég eltűnt a gazdagépéről", "A(z) {instance} gép folyamata a gazdagépen véget ért, pedig itt senki sem kérte.",
            "Indítsa el újra: a lemeze olyan, ahogyan maradt. Ha megint így jár, nézze meg a konzolját; az okot az üzemeltető a "
                + "gazdagép naplójában találja.")
    case .guestPaused:
        ErrorText(
            "A gazdagép szüneteltette a gépet", "A(z) {instance} gépet a gazdagépe szünetelteti; az oka: {reason}. Semmi sem veszett el.",
            "Szüntesse meg az okát (csináljon helyet, vagy szóljon az üzemeltetőnek), majd: POST /v1/instances/{instance}/resume. Ami közben nem sikerült, azt kérje újra."
        )
    case .headersTooLarge:
        ErrorText(
            "Túl nagy a fejléc", "A fejléc mezői legfeljebb {limit} bájtot tehetnek ki, legfeljebb 100 mezőben.",
            "Küldjön kevesebb vagy rövidebb mezőt.")
    case .hostUnreachable:
        ErrorText(
            "A gazdagép nem válaszol", "A(z) {host} gazdagép nem érhető el.",
            "Próbálja újra egy perc múlva; ha nem javul, szóljon az üzemeltetőnek.")
    case .hostnameTaken:
        ErrorText(
            "A gépnév foglalt", "A(z) „{hostname}” gépnév foglalt a hálózatban; a törölt gépé is az marad egy ideig.",
            "Válasszon másik gépnevet, például ezt: „{proposal}”.")
    case .idempotencyMismatch:
        ErrorText(
            "A kulcs már egy másik kéréshez tartozik", "A(z) {key} Idempotency-Key korábban más tartalommal érkezett.",
            "Új kéréshez használjon új kulcsot.")
    case .imageForeignReference:
        ErrorText(
            "A lemezkép másik fájlra hivatkozik", "A lemezkép egy másik fájlt nevez meg ({reference}), amelyet ez a felhő nem olvas be.",
            "Előbb lapítsa ki, például így: qemu-img convert -O qcow2 régi.qcow2 új.qcow2")
    case .imageHashMismatch:
        ErrorText(
            "Nem az ígért bájtok érkeztek", "Az ígért SHA-256 {expected}, a tárolt bájtoké {actual}.",
            "Küldje el újra a fájlt, vagy javítsa ki az ígért értéket.")
    case .imageInUse:
        ErrorText("A lemezkép használatban van", "A(z) {image} lemezképet használja: {by}.", "Előbb törölje, ami használja.")
    case .imageMalformed:
        ErrorText(
            "A fájl nem ilyen lemezkép", "A fájl megadott formátuma {declared}, de: {reason}.",
            "Ellenőrizze a fájlt (qemu-img info), és adja meg a valódi formátumát (qcow2 vagy raw).")
    case .imageMissing:
        ErrorText(
            "A lemezkép fájlja hiányzik", "{image} fájlja nincs a tárolóban, így nem készülhet rá lemez.",
            "Az üzemeltetőnek kell visszatennie a mentésből; az audit megmondja, mi hiányzik még.")
    case .imageTooLarge:
        ErrorText(
            "A lemezkép túl nagy", "A lemezképben lévő lemez mérete {size}; legfeljebb {limit} lehet.",
            "Készítsen kisebb lemezképet, vagy kérjen nagyobb korlátot az üzemeltetőtől.")
    case .internalFault:
        ErrorText(
            "Belső hiba", "A(z) „{part}” rész nem várt módon hibázott.",
            "Próbálja újra; ha nem javul, adja meg a kérés azonosítóját az üzemeltetőnek, aki a naplóban megtalálja az okot.")
    case .invalidField:
        ErrorText("Nem megengedett érték", "Az érték nem jó. Hely: {pointer}; ok: {reason}.", "Javítsa ki, és küldje el újra.")
    case .linkInvalid:
        ErrorText(
            "A hivatkozás nem tesz semmit", "A hivatkozás nem ebből a felhőből való, vagy lejárt.",
            "Jelentkezzen be, és hosszabbítson ott (lyceum instance renew), vagy használja egy újabb értesítés hivatkozását.")
    case .malformedRequest:
        ErrorText(
            "A kérés nem olvasható", "Hely: {pointer}; ok: {reason}.",
            "Vesse össze a tartalmat a /v1/openapi.yaml leírással, és küldje el újra.")
    case .memoryGone:
        ErrorText(
            "Nincs meg a memóriája", "A(z) {instance} felfüggesztéskor elmentett memóriája már nincs a gazdagépén.",
            "Törölje a gépet, és hozza vissza a kukából: akkor a lemezéről indul. Ami csak a memóriájában volt, elveszett.")
    case .methodNotAllowed:
        ErrorText(
            "Itt nem megengedett módszer", "A {method} nincs ezek között: {allowed}.", "Használja az Allow fejléc egyik módszerét.")
    case .nameTaken:
        ErrorText("A név foglalt", "A(z) „{name}” név már foglalt.", "Válasszon másikat, például ezt: „{proposal}”.")
    case .noHost:
        ErrorText(
            "Egyik gazdagép sem tudja befogadni", "Egyik gazdagépen sincs hely ennek: {instance}. {hosts}",
            "Függessze fel vagy állítsa le, ami nem kell, vagy próbálja később.")
    case .notFound:
        ErrorText(
            "Nem található", "Nincs ilyen, vagy Ön nem láthatja: {object}.", "Ellenőrizze az azonosítót az Ön által látható listában.")
    case .notPublished:
        ErrorText(
            "A sablon nincs közzétéve", "A(z) {template} sablonnak nincs közzétett változata; vázlatai: {drafts}.",
            "Aki dolgozik rajta, közzétehet egyet (lyceum template publish SABLON SZÁM), vagy indíthat belőle gépet "
                + "(lyceum launch --revision SZÁM).")
    case .notSignedIn:
        ErrorText(
            "Nincs bejelentkezve", "A kérésben nincs érvényes token.",
            "Küldje az „Authorization: Bearer TOKEN” fejlécet; a parancssorban állítsa be a LYCEUM_TOKEN változót.")
    case .originRefused:
        ErrorText(
            "Erről az oldalról nem", "A(z) {origin} oldala nem nyithat konzolt ebben a felhőben.",
            "Az üzemeltető engedélyezheti: console.origins a szolgáltatás beállításai között.")
    case .passwordSealed:
        ErrorText(
            "A jelszó nem nyitható fel", "A(z) {instance} gép jelszavát más kulccsal zárták le, vagy megsérült.",
            "Állítson be másikat: lyceum instance set-password. A kulcsokkal továbbra is be lehet lépni.")
    case .portForwarded:
        ErrorText(
            "Nyilvános portok vezetnek hozzá", "A(z) {port} csatlakozáshoz ezek a nyilvános portok vezetnek: {forwarded}.",
            "Előbb zárja be őket: lyceum port close.")
    case .preconditionRequired:
        ErrorText(
            "If-Match fejléc kell", "A(z) {object} módosításakor meg kell mondani, melyik változatot módosítja.",
            "Olvassa be az objektumot, és küldje vissza az ETag értékét az If-Match fejlécben.")
    case .publicPortOutside:
        ErrorText(
            "Ez a nyilvános port nem választható", "A(z) {port} nem esik {first} és {last} közé.",
            "Hagyja el a publicPort mezőt, és kap egy szabadot, vagy válasszon egyet ebből a tartományból.")
    case .publicPortTaken:
        ErrorText(
            "A nyilvános port foglalt", "A(z) {port}/{protocol} nyilvános port használatban van.",
            "Hagyja el a publicPort mezőt, és kap egy szabadot, vagy válasszon másikat.")
    case .publicPortsExhausted:
        ErrorText(
            "Nincs szabad nyilvános port", "A(z) {network} hálózat {first} és {last} közötti {protocol} portjai mind foglaltak.",
            "Zárjon be egyet, amely már nem kell, vagy próbálja újra egy perc múlva: a törölt gépekéi visszakerülnek.")
    case .quotaExceeded:
        ErrorText(
            "Túl van a kereten", "Még {asked} nem fér bele ebbe: „{quota}”; {group} {used} egységet használ, a keret {limit}.",
            "Törölje vagy állítsa le, ami nem kell, vagy kérjen nagyobb keretet.")
    case .rateLimited:
        ErrorText("Túl sok kérés", "Gyorsabban küld, mint megengedett.", "Próbálja újra {retryAfter} mp múlva.")
    case .renewalsExhausted:
        ErrorText(
            "Elég sokszor meghosszabbítva", "A(z) {group} kurzusa {limit} hosszabbítást enged.",
            "Kérjen többet a csoport tulajdonosától, és mentse el, ami kell, a megígért időpontok előtt.")
    case .replayMismatch:
        ErrorText(
            "Egy napló nem illik a programhoz", "A naplóban {actual} lépés áll ott, ahol {expected} következne.",
            "A művelet megállt. Az üzemeltetőnek kell megnéznie.")
    case .requestTimeout:
        ErrorText(
            "Túl lassan jön a tartalom", "A kiszolgáló {seconds} másodpercet várt a tartalomra.",
            "Küldje el újra gyorsabb kapcsolaton.")
    case .recordsRestored:
        ErrorText(
            "A nyilvántartás régebbi, mint a művelet vége",
            "A rendszer olyan mentésből állt vissza, amely a(z) {operation} művelet közben készült; senki sem tudja, meddig jutott azután.",
            "Nézze meg az objektumot a mostani állapotában, és kérje újra, ami hiányzik: a félkész lemezkép vagy sablon megszűnt, a neve szabad."
        )
    case .requestTooLarge:
        ErrorText("Túl nagy a kérés", "Legfeljebb {limit} bájt fogadható.", "Küldjön kevesebbet.")
    case .staleVersion:
        ErrorText(
            "Valaki más előbb módosította", "A(z) {object} változata {actual}, nem {expected}.",
            "Olvassa be újra, és ismételje meg a módosítást, ha még kell.")
    case .stateForbids:
        ErrorText(
            "Ebben az állapotban nem lehet", "A(z) {object} állapota {state}; a(z) „{verb}” csak ezekben lehet: {allowed}.",
            "Hozza előbb ilyen állapotba.")
    case .storeFull:
        ErrorText(
            "A tár megtartja a maradék helyet",
            "A(z) {store} tár {total} helyéből {free} volt szabad; {percent} % szabad marad annak, ami már ott van.",
            "Törölje, ami már nem kell, vagy kérjen helyet az üzemeltetőtől (nagyobb tár vagy rövidebb trash.keep).")
    case .storeNewer:
        ErrorText(
            "Az adattár újabb, mint ez a program", "Az adattár sémája {found}; ez a program {known} sémáig ismeri.",
            "Indítsa el ismét az újabb programot.")
    case .storeUnavailable:
        ErrorText(
            "A nyilvántartás nem használható", "A nyilvántartás tára nem használható: {reason}.",
            "Próbálja újra egy pillanat múlva; ha így marad, az üzemeltetőnek kell megszüntetnie, amit az ok megnevez.")
    case .superseded:
        ErrorText(
            "Egy másik művelet átvette", "A(z) {operation} műveletnek véget vetett: {by}.", "Nézze meg az újabb műveletet.")
    case .timedOut:
        ErrorText(
            "Túl sokáig tartott", "{seconds} mp alatt nem következett be: {what}.",
            "Nézze meg az objektumot; próbálja újra, ha még kell.")
    case .tokenExpired:
        ErrorText(
            "A token lejárt", "A(z) {token} token („{label}”) ideje lejárt.",
            "Készítsen újat más bejelentkezéssel (lyceum user token), vagy kérjen egyet az üzemeltetőtől.")
    case .unavailable:
        ErrorText("A felhő egy része nem érhető el", "A(z) „{part}” rész nem válaszol.", "Próbálja újra egy perc múlva.")
    case .unsupportedMediaType:
        ErrorText(
            "Nem fogadható médiatípus", "Itt csak ez fogadható: {accepted}.", "Küldje ezt a fejlécet: Content-Type: {accepted}.")
    case .upgradeRequired:
        ErrorText(
            "Itt más protokoll kell", "Ez a cím {protocol} kapcsolatra való (13-as változat), nem egyszerű kérésre.",
            "Nyissa meg egy nézővel vagy a lyceum console paranccsal.")
    }
}
