"""The notebook for Colab runs here too, and what it makes can be imported."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from bot.settings import Settings
from storage import registry
from storage.database import Database
from training.importing import import_adapter

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def notebook() -> Any:
    path = PROJECT / "training" / "colab.ipynb"
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat types a part of itself


def test_the_notebook_holds_no_outputs(notebook: Any) -> None:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert cells
    assert not [cell.id for cell in cells if cell.outputs or cell.execution_count]


def test_the_parameters_stand_in_the_one_cell_that_is_marked(notebook: Any) -> None:
    (cell,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]

    assert {line.partition(" = ")[0] for line in cell.source.splitlines()} == {
        "RECIPE", "BASE", "PROJECT", "CSV", "PROFILE", "SYNONYMS",
    }  # fmt: skip


@pytest.mark.slow
async def test_the_adapter_that_it_makes_is_imported_as_a_candidate(
    notebook: Any, csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "jupyter"))
    (place,) = [number for number, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())]
    chosen = {"RECIPE": "smoke", "BASE": "", "PROJECT": str(PROJECT), "CSV": str(csv)}
    notebook.cells[place].source += "".join(f"\n{name} = {value!r}" for name, value in chosen.items())

    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    await client.async_execute()

    (drawn,) = [cell for cell in notebook.cells if cell.id == "loss"]
    assert [output for output in drawn.outputs if "image/png" in output.get("data", {})]
    settings = Settings(home=tmp_path / "home", database_url="")
    database = Database(settings.database)
    database.migrate()
    version = import_adapter(tmp_path / "adapter.zip", settings=settings, database=database)
    with database.reading() as session:
        assert registry.alias(session, "tiny-llama", registry.CHAMPION) is None
        assert [record.version for record in registry.versions(session, "tiny-llama")] == [version]
    database.close()
