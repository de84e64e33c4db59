"""What is masked in what students write, and what must stay."""

import csv

import pytest

from bot.privacy.redaction import holds_secret, redacted
from bot.settings import DATA


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mi dni es 45678912", "mi dni es [DNI]"),
        ("soy Juan, DNI: 45.678.912", "soy Juan, DNI: [DNI]"),
        ("mi hermana 71234567 y mi mamá 23456789", "mi hermana [DNI] y mi mamá [DNI]"),
        ("mi ruc 20100047218 para la factura", "mi ruc [RUC] para la factura"),
        ("cta bcp 191-23456789-0-12, cci 002-191-123456789012-51", "cta bcp [CUENTA], cci [CCI]"),
        ("tarjeta 4111 1111 1111 1111 vence 12/27", "tarjeta [TARJETA] vence 12/27"),
        ("5500-0000-0000-0004", "[TARJETA]"),
        ("mi cel es 984 123 456", "mi cel es [TELÉFONO]"),
        ("+51 984 123 456", "[TELÉFONO]"),
        ("(084) 234567", "[TELÉFONO]"),
        ("yape al 987654321 a nombre de Rosa", "yape al [TELÉFONO] a nombre de Rosa"),
        ("my phone is 984-123-456", "my phone is [TELÉFONO]"),
        ("escríbeme a juan.perez@gmail.com", "escríbeme a [CORREO]"),
        ("juan arroba gmail punto com", "[CORREO]"),
        ("mi cel es \uff19\uff18\uff14\uff11\uff12\uff13\uff14\uff15\uff16", "mi cel es [TELÉFONO]"),
        ("mi d\u200bni es 4567\u200b8912", "mi d\u200bni es [DNI]"),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert redacted(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mi clave es Gatito2024", "mi clave es [CLAVE]"),
        ("la contraseña de mi aula virtual es: hola123", "la contraseña de mi aula virtual es: [CLAVE]"),
        ("mi pin es 4321", "mi pin es [CLAVE]"),
        ("mi código es 123456 me llegó por sms", "mi código es [CLAVE] me llegó por sms"),
        ("my password is hunter2", "my password is [CLAVE]"),
    ],
)
def test_a_secret_is_masked_and_known_for_one(text: str, masked: str) -> None:
    assert redacted(text) == masked
    assert holds_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "el curso cuesta S/ 1,200.00?",
        "cuesta 1200 soles al mes y debo 15000",
        "clases de 19:00 a 21:30 del 12/05/2026",
        "ley 29733 y resolución SBS 504-2021",
        "año 2025-2026",
        "curso CB20250301",
        "son 3500000 habitantes",
        "S/ 12345678",
        "2 x 1 en matrícula?",
        "olvidé mi clave, ¿cómo la recupero?",
        "mi clave es muy difícil de recordar",
        "mi contraseña no funciona",
        "",
    ],
)
def test_what_belongs_to_nobody_stays(text: str) -> None:
    assert redacted(text) == text
    assert not holds_secret(text)


def test_a_number_whose_check_digit_is_wrong_is_no_card() -> None:
    assert redacted("4111 1111 1111 1112") != "[TARJETA]"


def test_masking_twice_changes_nothing_more() -> None:
    once = redacted("dni 45678912, clave: hola123; cel 984 123 456, ana@x.pe")

    assert redacted(once) == once == "dni [DNI], clave: [CLAVE] cel [TELÉFONO], [CORREO]"


def test_hardly_a_wording_of_the_sample_holds_anything_to_mask() -> None:
    with (DATA / "cenfobank.csv").open(encoding="utf-8", newline="") as file:
        wordings = [row["question"] for row in csv.DictReader(file, delimiter=";")]

    assert [text for text in wordings if redacted(text) != text] == ["el 084 000 111 es su número telefónico?"]
