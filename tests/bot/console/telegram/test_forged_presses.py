"""Whoever has no right, and whoever makes a press up, decides nothing."""

import pytest

from tests.bot.console.telegram.office import EVA, LUIS, Office, card
from tests.conftest import on_sqlite

pytestmark = on_sqlite


@pytest.mark.parametrize("button", ["✅ Aprobar", "✏️ Editar", "🚫 Rechazar", "🔀 Fusionar"])
async def test_a_press_by_somebody_else_or_in_another_place_does_nothing(office: Office, button: str) -> None:
    review, shown = card(office, draft="Sí, hay becas.")

    for _ in range(2):
        await office.presses(EVA, shown, button)
        await office.presses(EVA, shown, button, EVA)
    await office.presses(LUIS, shown, button, LUIS)

    assert [put.text for put in office.new()] == [
        "Eso es solo para el personal.",
        "Eso es solo para el personal.",
        "Eso se hace en el chat del personal.",
    ]
    assert office.desk.review(review).status == "open"


@pytest.mark.parametrize(
    "data",
    ["s", "s:", "s:ok", "s:ok:", "s:ok:x", "s:ok:-1", "s:ok:1:2:3", "s:see:1:2", "s:" + "9" * 40, "s:into:1:x",
     "s:sure:1", "s:drop:1", "s:close", "s:close:x", "s:ok:" + "9" * 50, "s:ok:١"],
)  # fmt: skip
async def test_a_press_that_no_button_of_ours_makes_does_nothing(office: Office, data: str) -> None:
    review, _ = card(office, draft="Sí, hay becas.")

    assert await office.forges(LUIS, data)

    assert (office.update(), office.desk.review(review).status, office.waiting()) == ([], "open", 0)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("s:ok:77", "Esa pregunta ya no existe."),
        ("s:edit:77", "Esa pregunta ya no existe."),
        ("s:merge:77", "Esa pregunta ya no existe."),
        ("s:into:1:77", "Esa pregunta ya no existe."),
        ("s:into:1:1", "La revisión 1 no se fusiona consigo misma. Indica otra revisión pendiente."),
        ("s:pair:1:77", "Esa respuesta ya no está en servicio. Mira la tarjeta."),
        ("s:ok:1", "No hay borrador que aprobar. Responde a la tarjeta con la respuesta."),
        ("s:ok:1:abc", "No hay borrador que aprobar. Responde a la tarjeta con la respuesta."),
        ("s:ok:2", "El borrador cambió; míralo de nuevo."),
        ("s:ok:2:abc", "El borrador cambió; míralo de nuevo."),
        ("s:sure:2:abc", "El borrador cambió; míralo de nuevo."),
        ("s:close:77", "Esa consulta ya no existe."),
    ],
)
async def test_a_forged_press_of_a_member_can_do_no_more_than_the_buttons(office: Office, data: str, told: str) -> None:
    card(office)
    card(office, "¿Tienen piscina?", "Sí.")

    await office.forges(LUIS, data)

    assert [put.text for put in office.update()] == [told]
    assert [office.desk.review(number).status for number in (1, 2)] == ["open", "open"]


async def test_a_reply_by_somebody_else_does_nothing(office: Office) -> None:
    review, shown = card(office)

    assert await office.replies(EVA, shown, "Todo es gratis.")

    assert office.new()[0].text == "Eso es solo para el personal."
    assert office.desk.review(review).status == "open"
