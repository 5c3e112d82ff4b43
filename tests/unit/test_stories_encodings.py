"""Encodings that a file does not tell: what is certain, what a person has to choose, and what a choice does."""

import zipfile
from pathlib import Path

import pytest

from curation.stories.readers import Doubtful, FileUnreadable, encoding_named, open_file

ENGLISH = "“Don’t,” she told the café’s owner — and the naïve lamp went out…"
FRENCH = "“La machine était là, à l’œuvre, et c’était déjà l’été.” Élise préférait la vérité."
GERMAN = "Nachts zählte die Maschine die Laternen; „Größe“ half dem Wärter nicht. Übrig blieb Öl für 5 €."
SPANISH = "De noche la máquina contó los faroles: «¡La verdad!» ¿Y el año? Ella contestó: “Mañana”."
SWEDISH = "På natten räknade maskinen lyktorna, för ett löfte är ett löfte. Åsa gick hem."
ICELANDIC = "Um nóttina taldi vélin ljóskerin og sagði verðinum sannleikann, því að loforð er loforð."
PORTUGUESE = "À noite a máquina contou as lanternas, pois a promessa não é só palavra. É tudo, irmão."
FINNISH = "Yöllä kone laski lyhdyt ja kertoi vartijalle, ettei yksi pala. Hääyön šakki jäi kesken."
ITALIAN = "Di notte la macchina contò le lanterne, perché la verità è più lunga. È così."
RUSSIAN = "Ночью машина пересчитала фонари и сказала сторожу правду, потому что обещание остаётся обещанием."
UKRAINIAN = "Вночі машина порахувала ліхтарі й сказала сторожеві правду, бо її обіцянка є обіцянкою."
POLISH = "Nocą maszyna policzyła latarnie i powiedziała stróżowi prawdę, bo obietnica żyje dłużej niż ćma."
CZECH = "V noci stroj přepočítal lucerny a řekl strážci pravdu, protože slib zůstává slibem."
HUNGARIAN = "Éjjel a gép megszámolta a lámpásokat, és elmondta az őrnek az igazságot, mert a tűz nem hűl ki."
ROMANIAN = "Noaptea maşina a numărat felinarele şi a spus paznicului adevărul, în toată ţara."
LITHUANIAN = "Naktį mašina suskaičiavo žibintus ir pasakė sargui tiesą, nes pažadas yra pažadas, o ūkas ne."
TURKISH = "Gece makine fenerleri saydı ve bekçiye gerçeği söyledi, çünkü söz sözdür; ışık azdı."
GREEK = "Τη νύχτα η μηχανή μέτρησε τα φανάρια και είπε στον φύλακα την αλήθεια."
HEBREW = "בלילה ספרה המכונה את הפנסים ואמרה לשומר את האמת"
ARABIC = "في الليل عدت الآلة الفوانيس وأخبرت الحارس بالحقيقة"
THAI = "ตอนกลางคืนเครื่องจักรนับโคมไฟและบอกความจริงแก่คนเฝ้าประตู"
SIMPLIFIED = "夜班的机器数了一遍灯笼，然后把缺了一盏的事情告诉了守门人，因为说谎比少一盏灯更难修。"
TRADITIONAL = "夜班的機器數了一遍燈籠，然後把缺了一盞的事情告訴了守門人，因為說謊比少一盞燈更難修。"
JAPANESE = "夜勤の機械は灯籠を数え、一つ足りないことを門番に伝えた。隠しては直しにくいからだ。"
KOREAN = "밤 근무 기계는 등불을 세고 하나가 모자란다고 문지기에게 말했다. 약속은 약속이기 때문이다."


def table(text: str) -> str:
    return f'id,title,text\r\n1,One,"{text.replace(chr(34), "")}"\r\n'


def stories(path: Path, encoding: str = "", name: str = "") -> list[object]:
    with open_file(path, name, encoding) as reader:
        return [row.values.get("text") for row in reader.rows()]


def doubt(path: Path, name: str = "") -> list[str]:
    with pytest.raises(Doubtful) as raised, open_file(path, name) as reader:
        list(reader.rows())
    return [one.codec for one in raised.value.choices]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stories"


@pytest.mark.parametrize(
    "text", [ENGLISH, FRENCH, GERMAN, SPANISH, SWEDISH, ICELANDIC, PORTUGUESE, FINNISH, ITALIAN, "São Paulo, 5 °C"]
)
def test_windows_1252_is_certain_where_it_reads_like_a_western_language(file: Path, text: str) -> None:
    file.write_bytes(table(text).encode("cp1252"))
    with open_file(file) as reader:
        assert reader.encoding == "cp1252"
        assert "Windows-1252" in reader.notes[0]
        assert [row.values["text"] for row in reader.rows()] == [text]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Nummer Überschrift Text", "abends Ölöfen Übermut wärmte die Wärter."),
        ("no titre texte", "été Âge Élise préférait la vérité."),
        ("nr rubrik text", "kväll Åsa ön låg där."),
        ("id titulo texto", "noche Ánimo África: la máquina contó."),
    ],
)
def test_cells_without_quotes_may_begin_with_an_accent(file: Path, sign: str, header: str, row: str) -> None:
    names, cells = header.split(" "), row.split(" ", 2)
    file.write_bytes(f"{sign.join(names)}\n{sign.join(cells)}\n".encode("cp1252"))
    with open_file(file) as reader:
        assert (reader.encoding, reader.columns) == ("cp1252", names)
        assert [list(one.values.values()) for one in reader.rows()] == [cells]


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("The lamp, said Odile,” was lit.", "mac_roman"), ("Stay,” she said; “Go,” he said.", "mac_roman"),
        (ENGLISH, "mac_roman"), (GERMAN, "mac_roman"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8_r"), (POLISH, "cp1250"),
        (POLISH, "iso8859_2"), (CZECH, "cp1250"), (GREEK, "cp1253"), (TURKISH, "cp1254"), (HEBREW, "cp1255"),
        (SIMPLIFIED, "gb18030"), (JAPANESE, "cp932"), (KOREAN, "cp949"),
    ],
)  # fmt: skip
def test_cells_without_quotes_in_another_encoding_are_for_a_person_to_choose(file: Path, text: str, codec: str) -> None:
    plain = text.replace(";", " ")
    file.write_bytes(f"id;title;text\n1;{plain.split()[0]};{plain}\n".encode(codec))
    assert codec in {{"koi8_u": "koi8_r"}.get(name, name) for name in doubt(file)}


@pytest.mark.parametrize(
    ("text", "codec", "among"),
    [
        (RUSSIAN, "cp1251", 1), (RUSSIAN, "koi8_r", 0), (RUSSIAN, "mac_cyrillic", 2), (RUSSIAN, "cp866", 1),
        (RUSSIAN, "iso8859_5", 1), (UKRAINIAN, "cp1251", 1), (UKRAINIAN, "koi8_u", 1),
        (POLISH, "cp1250", 3), (POLISH, "iso8859_2", 3), (CZECH, "cp1250", 3), (HUNGARIAN, "cp1250", 4),
        (ROMANIAN, "cp1250", 4), (LITHUANIAN, "cp1257", 6), (TURKISH, "cp1254", 3),
        (GREEK, "cp1253", 1), (HEBREW, "cp1255", 2), (ARABIC, "cp1256", 1), (THAI, "cp874", 2),
        (ENGLISH, "mac_roman", 3), (FRENCH, "mac_roman", 3), (GERMAN, "mac_roman", 3), (SPANISH, "mac_roman", 3),
        (SWEDISH, "mac_roman", 3), (GERMAN.replace("„", "").replace("“", "").replace("€", ""), "cp850", 4),
        (SIMPLIFIED, "gb18030", 1), (ENGLISH, "gb18030", 1), (TRADITIONAL, "big5hkscs", 1),
        (JAPANESE, "cp932", 1), (JAPANESE, "euc_jp", 1), (KOREAN, "cp949", 1),
        (JAPANESE, "iso2022_jp", 1), (SIMPLIFIED, "utf-16-le", 1), (SIMPLIFIED, "utf-16-be", 1),
        (RUSSIAN, "utf-16-le", 1), (RUSSIAN, "utf-16-be", 1),
    ],
)  # fmt: skip
def test_another_encoding_is_for_a_person_to_choose(file: Path, text: str, codec: str, among: int) -> None:
    file.write_bytes(table(text).encode(codec))
    offered = doubt(file)
    # Where two read every byte alike, either will do.
    right = [place for place, name in enumerate(offered) if name != "utf-8" and stories(file, name) == [text]]
    assert right
    assert right[0] < (among or 2)
    with pytest.raises(Doubtful) as raised:
        open_file(file)
    line = raised.value.choices[right[0]].line
    assert any(word in line for word in text.split())
    assert "\ufffd" not in line


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [ENGLISH, FRENCH])
def test_wide_text_without_its_mark_is_read(file: Path, text: str, codec: str) -> None:
    file.write_bytes(table(text).encode(codec))
    assert stories(file) == [text]


@pytest.mark.parametrize("codec", ["gb18030", "cp932", "euc_jp"])
def test_one_bad_byte_rules_no_encoding_out_and_rejects_its_row(file: Path, codec: str) -> None:
    text = SIMPLIFIED if codec == "gb18030" else JAPANESE
    rows = table(text).encode(codec) + b"2,Two,bad \x80\r\n".replace(b"\x80", b"\xff" if codec != "cp932" else b"\x85")
    file.write_bytes(rows + table(text).encode(codec).partition(b"\n")[2])
    assert codec in doubt(file)
    first, bad, last = stories(file, codec)
    assert first == last == text
    assert any("\udc80" <= char <= "\udcff" for char in str(bad))


def test_the_choices_are_looked_for_in_all_of_the_file(file: Path) -> None:
    # Only the last line has a byte that Windows-1251 has not, and the line after a megabyte is no Western text.
    start = table(ENGLISH).encode("cp1252") + b"2,Two,plain\r\n" * 100_000
    file.write_bytes(start + RUSSIAN.encode("cp1251"))
    assert "cp1251" in doubt(file)
    file.write_bytes(start + RUSSIAN.encode("cp1251") + b"\x98" * 20)
    assert "cp1251" not in doubt(file)


def test_what_is_utf_8_or_marked_is_never_read_in_a_chosen_encoding(file: Path) -> None:
    for content in (table(RUSSIAN).encode(), table(RUSSIAN).encode("utf-8-sig"), table(RUSSIAN).encode("utf-16")):
        file.write_bytes(content)
        assert stories(file, "cp1251") == [RUSSIAN]


def test_a_character_that_breaks_off_at_the_end_counts_as_a_bad_place(file: Path) -> None:
    file.write_bytes(table("café één").encode() + "é".encode()[:1])
    with open_file(file) as reader:
        assert reader.encoding == "utf-8"
        assert "in 1 place;" in reader.notes[0]


def test_prose_follows_the_same_rule_and_a_zip_uses_the_choice_where_it_is_needed(file: Path) -> None:
    file.write_bytes(RUSSIAN.encode("cp1251"))
    assert "cp1251" in doubt(file, "night.txt")
    assert stories(file, "cp1251", "night.txt") == [RUSSIAN]
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1.md", GREEK)
        archive.writestr("2.md", RUSSIAN.encode("cp1251"))
        archive.writestr("3.md", FRENCH.encode("utf-16"))
    with pytest.raises(Doubtful, match=r"2\.md"):
        stories(file)
    assert stories(file, "cp1251") == [GREEK, RUSSIAN, FRENCH]
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1.csv", table(GREEK))
        archive.writestr("2.csv", table(RUSSIAN).encode("koi8_r"))
    with pytest.raises(Doubtful, match=r"2\.csv"):
        stories(file)
    assert stories(file, "koi8_r") == [GREEK, RUSSIAN]


def test_a_zip_names_the_files_whose_encoding_was_assumed(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1.md", GREEK)
        archive.writestr("2.md", FRENCH.encode("cp1252"))
    with open_file(file) as reader:
        assert reader.columns
        assert reader.encoding_open
        assert any("2.md (cp1252)" in note for note in reader.notes)


LONG = {
    "cp1251": RUSSIAN, "koi8_r": RUSSIAN, "cp1253": GREEK, "cp1256": ARABIC, "cp932": JAPANESE, "gb18030": SIMPLIFIED,
    "cp1250": POLISH, "cp1252": FRENCH,
}  # fmt: skip


@pytest.mark.parametrize("chosen", [codec for codec in LONG if codec != "cp1252"])
def test_each_file_of_a_zip_is_read_in_its_own_encoding_or_rejected(file: Path, chosen: str) -> None:
    """One encoding is chosen for all; whatever it is, no file is kept as what it does not say."""
    with zipfile.ZipFile(file, "w") as archive:
        for codec, text in LONG.items():
            archive.writestr(f"{codec}.md", f"{text}\n".encode(codec) * 30)
        archive.writestr("nearly-utf-8.md", f"{GREEK}\n".encode() * 30 + b"\xff")
    with open_file(file, "", chosen) as reader:
        rows = {str(row.values["file"]).removesuffix(".md"): row for row in reader.rows()}
    assert str(rows.pop("nearly-utf-8").values["text"]).startswith(GREEK)
    kept = {name for name, row in rows.items() if not row.problem}
    assert chosen in kept
    assert kept == {chosen, "cp1252"}
    for codec, row in rows.items():
        if codec in kept:
            assert str(row.values["text"]).startswith(LONG[codec])
        else:
            said = f"{codec}.md does not read like {chosen.upper()}, which was chosen for all files of the archive."
            assert row.problem.startswith(said)


def test_a_zip_of_tables_in_two_encodings_is_refused_by_the_name_of_the_second(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1.csv", table(RUSSIAN * 3).encode("cp1251"))
        archive.writestr("2.csv", table(JAPANESE * 9).encode("cp932"))
    with pytest.raises(FileUnreadable, match=r"2\.csv does not read like CP1251"):
        stories(file, "cp1251")


def test_a_choice_for_one_file_is_taken_as_it_is(file: Path) -> None:
    file.write_bytes(FRENCH.encode("cp1252") * 30)
    assert str(stories(file, "cp1251", "a.md")[0]).startswith(FRENCH.encode("cp1252").decode("cp1251"))
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1.md", JAPANESE.encode("cp932") * 30)
    assert str(stories(file, "mac_roman")[0]).startswith(JAPANESE.encode("cp932").decode("mac_roman")[:9])


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("windows-1251", "cp1251"), ("GBK", "gb18030"), ("gb2312", "gb18030"), ("Shift-JIS", "cp932"),
        ("sjis", "cp932"),
        ("macintosh", "mac_roman"), ("mac-roman", "mac_roman"), ("latin-1", "cp1252"), ("KOI8-R", "koi8_r"),
        ("big5", "big5hkscs"), ("euc-kr", "cp949"), ("euc-jp", "euc_jp"), ("UTF8", "utf-8"),
        ("ISO-8859-2", "iso8859_2"),
        ("ISO-8859-15", "iso8859_15"), ("utf-16", "utf-16-le"), ("tis-620", "cp874"), ("ibm866", "cp866"),
    ],
)  # fmt: skip
def test_an_encoding_has_many_names(name: str, codec: str) -> None:
    assert encoding_named(name) == codec


@pytest.mark.parametrize("name", ["", "rot13", "hex", "klingon", "utf-7", "cp1251\0", "x" * 500, "é"])
def test_what_is_no_encoding_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(FileUnreadable, match="cp1251, "):
        encoding_named(name)


def test_windows_1252_is_in_sight_where_a_few_words_do_not_show_a_western_language(file: Path) -> None:
    text = "“Das Café gehört dir”, sagte Zoë – nein, flüsterte sie. Es schrieb die Größe auf."
    file.write_bytes(table(text).encode("cp1252"))
    assert "cp1252" in doubt(file)[:3]
    assert stories(file, "cp1252") == [text]
