"""The report of a retraining: complete, self-contained, escaped, and the same in both forms."""

import json
import shutil
from dataclasses import asdict, fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from playwright.async_api import async_playwright

from bot.generation.manifest import Manifest
from bot.messages import Kind
from training.dataset.rows import Kind as RowKind
from training.evaluation.asking import FAILED, Asked
from training.evaluation.evaluate import Evaluation
from training.evaluation.sets import Source
from training.measures import MEASURES
from training.promotion import Verdict
from training.recipe import Recipe, load_recipe
from training.reporting import texts as report_texts
from training.reporting.report import write_report

NASTY = '</style><script src="https://evil.example/x.js">1</script>"\'><img src=x onerror=alert(1)> {{ 7 * 7 }} \u202e'
_CHROMIUM = shutil.which("chromium")
GOOD = Verdict(True, ("all gates hold",))


class Page(HTMLParser):
    """The page's text as a reader has it, its elements' names and all their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.attributes, self._hidden = "", set[str](), list[tuple[str, str]](), False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._hidden = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += data

    def says(self, words: str) -> bool:
        return " ".join(words.split()) in " ".join(self.text.split())


def manifest(recipe: str = "tiny") -> Manifest:
    return Manifest(
        version="tiny-20261122-210332", base="tiny-llama", base_fingerprint="09de" * 16, base_revision=None,
        csv_sha256="6fae" * 16, pairs=4, pair_ids=[1, 2, 3, 4], new_pair_ids=[4], rows={"grounded": 40, "dont_know": 8},
        recipe=json.loads(json.dumps(asdict(load_recipe(recipe)))), seed=1, libraries={"python": "3.11.7"},
        losses=[(1, 2.1), (25, 1.75), (50, 0.9)], held_out_losses=[(50, 1.1)], metrics={},
        created_at="2026-11-22T21:03:32+00:00", wall_seconds=318.3,
    )  # fmt: skip


def asked(question: str, text: str, *, right: bool = True, mode: str = "served", kind: str = "answer") -> Asked:
    return Asked("new", "gate", question, f"aprobada de {question}", mode, kind, text, right)


def evaluation(adapter: str | None, *answers: Asked, **measures: float) -> Evaluation:
    found = {"served.right": 0.9, "raw.held_out_loss": 0.5, "closed_book.known": 0.75, "test.served.right": 0.85}
    found |= {name.replace("__", "."): value for name, value in measures.items()}
    counts = {"closed_book_known": 3, "pairs": 4, "served.right": 120, "closed_book.known": 4, "test.served.right": 60}
    return Evaluation(adapter, "tiny-llama", found, counts, list(answers))


def written(folder: Path, **changes: Any) -> tuple[Page, dict[str, Any]]:
    options: dict[str, Any] = {
        "manifest": manifest(), "candidate": evaluation("candidate"), "champion": evaluation("v0007"), "verdict": GOOD,
        "version": "v0008", "lengths": [80, 120, 120, 301],
    } | changes  # fmt: skip
    write_report(folder, **options)
    return Page((folder / "report.html").read_text()), json.loads((folder / "report.json").read_text())


def test_every_changed_answer_stands_in_both_forms_and_no_other(tmp_path: Path) -> None:
    before = [asked("¿A?", "vieja a"), asked("¿B?", "vieja b", right=False), asked("¿C?", "igual"), asked("¿D?", "d")]
    after = [
        asked("¿A?", "nueva a", right=False),
        asked("¿B?", "nueva b"),
        asked("¿C?", "igual"),
        asked("¿D?", "d", kind="unknown"),
        asked("¿C?", "solo ahora", mode="raw"),
    ]
    page, content = written(tmp_path, candidate=evaluation("candidate", *after), champion=evaluation("v0007", *before))

    assert [(change["mode"], change["question"]) for change in content["changes"]] == [
        ("served", "¿A?"), ("served", "¿B?"), ("served", "¿D?"), ("raw", "¿C?"),
    ]  # fmt: skip
    assert content["changes"][0] == {
        "mode": "served", "set": "new", "part": "gate", "question": "¿A?", "expected": "aprobada de ¿A?",
        "before": {"kind": "answer", "text": "vieja a", "right": True},
        "after": {"kind": "answer", "text": "nueva a", "right": False},
    }  # fmt: skip
    assert content["unchanged"] == 1
    for words in (
        "Cambiaron 4 respuestas y 1 quedaron iguales",
        "Estaban bien y ahora están mal: 1",
        "¿A? con protecciones · redacción nueva Aprobada: aprobada de ¿A?",
        "✓ bien · respondió vieja a ✗ mal · respondió nueva a",
        "✗ mal · respondió vieja b ✓ bien · respondió nueva b",
        "✓ bien · respondió d ✓ bien · dijo que no sabe d",
        "no se preguntó ✓ bien · respondió solo ahora",
    ):
        assert page.says(words), words
    assert not page.says("igual ✓")


def test_every_measure_stands_in_both_forms(tmp_path: Path) -> None:
    page, content = written(tmp_path, candidate=evaluation("candidate", served__right=0.95, raw__held_out_loss=0.4))

    rows = {row["name"]: row for row in content["measures"]}
    assert (rows["served.right"]["before"], rows["served.right"]["after"]) == (0.9, 0.95)
    assert rows["raw.held_out_loss"]["better"] is True
    assert rows["test.served.right"]["holds"] is None
    for name, row in rows.items():
        for value in (row["before"], row["after"]):
            assert value is None or page.says(report_texts.shown(value, name)), name
    assert page.says("95.0 % ✓ mejor 95 %: 89.5 % a 97.7 %, 120 casos")


def test_what_the_adapter_knows_by_heart_is_said_before_and_after(tmp_path: Path) -> None:
    champion = evaluation("v0007")
    champion.counts["closed_book_known"] = 1
    page, content = written(tmp_path, champion=champion)

    assert page.says("El adaptador conoce 3 de 4 pares sin información delante (antes: 1).")
    assert (content["known"], content["known_before"], content["pairs"]) == (3, 1, 4)


def test_a_promotion_says_what_was_before(tmp_path: Path) -> None:
    page, content = written(tmp_path)

    assert page.says("La versión v0008 entra en servicio Antes respondía v0007.")
    assert (content["version"], content["champion"], content["promoted"]) == ("v0008", "v0007", True)


def test_a_refusal_says_each_failed_condition_in_words_and_numbers(tmp_path: Path) -> None:
    verdict = Verdict(False, ("served.right 0.5 < 0.6: kept v0007",))
    page, content = written(tmp_path, candidate=evaluation("candidate", served__right=0.5), verdict=verdict)

    assert page.says("La versión v0008 no entra en servicio")
    assert page.says("Sigue respondiendo v0007. La versión v0008 queda guardada.")
    assert page.says("Responde bien a redacciones nuevas: 50.0 %; se pedía mínimo 60.0 %")
    assert page.says("served.right 0.5 < 0.6: kept v0007")
    assert [row["holds"] for row in content["measures"] if row["name"] == "served.right"] == [False]


def test_the_paper_recipe_is_held_against_the_published_losses(tmp_path: Path) -> None:
    page, content = written(tmp_path, manifest=manifest("paper"))

    assert content["published"] == [[1, 1.89005], [3, 0.8395]]
    assert page.says("Publicada 1 1.89005 nats/token Publicada 3 0.83950 nats/token Esta: v0008 3 1.75000 nats/token")


def test_nasty_texts_stay_texts(tmp_path: Path) -> None:
    page, content = written(
        tmp_path,
        manifest=replace(manifest(), base=NASTY, libraries={NASTY: NASTY}),
        candidate=evaluation("candidate", asked(NASTY, NASTY)),
        champion=evaluation(NASTY, asked(NASTY, "otra", kind=NASTY)),
        verdict=Verdict(False, (NASTY,)),
        version=NASTY,
    )

    assert page.tags.isdisjoint({"script", "img", "link", "iframe", "object", "form"})
    assert page.text.count("{{ 7 * 7 }}") > 5
    assert page.says(f"✓ bien · respondió {NASTY}")
    assert content["changes"][0]["after"]["text"] == NASTY


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    page, _ = written(tmp_path, candidate=evaluation("candidate", asked("¿A?", "https://example.com/x.png")))
    html = (tmp_path / "report.html").read_text()

    references = [value for name, value in page.attributes if name in {"src", "href", "xlink:href", "data", "poster"}]
    assert references
    assert all(value.startswith("#") for value in references)
    assert "@import" not in html
    assert html.count("url(") == html.count("url(#")
    assert not [value for name, value in page.attributes if "://" in value and not name.startswith("xmlns")]
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"champion": None}, "No había un adaptador anterior con que comparar."),
        ({"champion": None}, "No hay respuestas anteriores con que comparar."),
        ({"champion": evaluation(None)}, "Antes respondía el modelo base sin adaptador."),
        ({"champion": evaluation(None)}, "el modelo base sin adaptador y v0008 respondieron igual a las 0 preguntas"),
        ({"manifest": replace(manifest("smoke"), losses=[], held_out_losses=[])}, "No se registró la pérdida."),
        ({"manifest": manifest("smoke")}, "La receta «smoke» no pone condiciones."),
        ({"lengths": []}, "El entrenamiento"),
        ({"lengths": [7]}, "Largo de las filas (1): de 7 a 7 tokens"),
    ],
)
def test_where_there_is_nothing_to_show_it_says_so(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    page, _ = written(tmp_path, **changes)

    assert page.says(words)
    assert "None" not in page.text
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_everything_that_can_be_shown_has_spanish_words() -> None:
    keys = {
        f"{part.name}.{inner.name}" if is_dataclass(kind) else part.name
        for part in fields(Recipe)
        for kind in [get_type_hints(Recipe)[part.name]]
        for inner in (fields(kind) if is_dataclass(kind) else [part])
    }

    assert set(report_texts.RECIPE) == keys - {"gates"}
    assert set(report_texts.MEASURES) == set(MEASURES)
    assert set(report_texts.KINDS) == {*Kind, FAILED}
    assert set(report_texts.SETS) == {*Source, "pairs"}
    assert set(report_texts.ROWS) == set(RowKind)
    assert set(report_texts.GROUPS) == set(report_texts.MODES) == {name.partition(".")[0] for name in MEASURES}


@pytest.mark.browser
@pytest.mark.skipif(_CHROMIUM is None, reason="there is no Chromium: apt-get install chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_browser_shows_it_on_a_phone_without_asking_for_anything(tmp_path: Path, scheme: Any) -> None:
    written(tmp_path, candidate=evaluation("candidate", asked("¿A?", "x" * 500)), manifest=manifest("paper"))
    faults: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 380, "height": 800}, color_scheme=scheme)
        page.on("console", lambda line: faults.append(line.text))
        page.on("request", lambda request: faults.append(request.url))
        await page.goto((tmp_path / "report.html").as_uri())
        width = await page.evaluate("document.documentElement.scrollWidth")
        await browser.close()
    assert width == 380
    assert faults == [(tmp_path / "report.html").as_uri()]
