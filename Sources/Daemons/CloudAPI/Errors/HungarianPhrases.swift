// SPDX-License-Identifier: Apache-2.0

/// Reasons and words that come as parameters, in Hungarian. A phrase that is not here is shown as it came.
let hungarianPhrases: [String: String] = [
    // StrictJSON.Reason
    "the text is not UTF-8": "a szöveg nem UTF-8",
    "the text is empty": "a szöveg üres",
    "the text ends in the middle of a value": "a szöveg egy érték közepén véget ér",
    "there is a character that cannot stand here": "olyan karakter áll itt, amely nem állhat itt",
    "something follows the end of the value": "az érték vége után még van valami",
    "arrays and objects are nested more than 64 deep": "a tömbök és objektumok 64 szintnél mélyebbek",
    "the key is there twice": "a kulcs kétszer szerepel",
    "this is not how JSON writes a number": "a JSON nem így ír számot",
    "there is an escape sequence that means no character": "van egy jelsorozat, amely nem jelent karaktert",
    "a control character in a string is not escaped": "egy vezérlőkarakter jelöletlenül áll a szövegben",
    // JSONShape.Reason
    "the field is not known": "ismeretlen mező",
    "the field is missing": "a mező hiányzik",
    "a truth value is due here": "itt logikai értéknek kell állnia",
    "a whole number below 2^53 is due here": "itt 2^53-nál kisebb egész számnak kell állnia",
    "a string is due here": "itt szövegnek kell állnia",
    "an array is due here": "itt tömbnek kell állnia",
    "an object is due here": "itt objektumnak kell állnia",
    "the array has too many items": "a tömbnek túl sok eleme van",
    // Names
    "a name is not empty": "a név nem lehet üres",
    "a name has no control characters": "a névben nem lehet vezérlőkarakter",
    "a host name has 1 to 63 characters": "a gépnév 1–63 karakter",
    "a host name has lower-case letters, digits and inner dashes only": "a gépnévben csak kisbetű, számjegy és belső kötőjel lehet",
    // States and levels
    "pending": "előkészítve", "running": "fut", "paused": "szünetel", "suspended": "felfüggesztve", "stopped": "leállítva",
    "failed": "hibás", "destroyed": "törölve", "unknown": "ismeretlen",
    "user": "felhasználó", "operator": "kezelő", "owner": "tulajdonos",
]
